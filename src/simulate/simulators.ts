import { massStorageSimulator, ptpSimulator, saneSimulator, videoSimulator, watchedFolderSimulator } from './folders.js'
import { barcodeSimulator, digitizerSimulator } from './lines.js'
import { dicomSimulator, filmPhotoSimulator, stowSimulator } from './senders.js'
import type { SimulatorKind } from './simulator-kind.js'

/** One simulator for each kind of device. */
export const simulators: readonly SimulatorKind[] = [
  dicomSimulator, stowSimulator, watchedFolderSimulator, massStorageSimulator, digitizerSimulator, saneSimulator, videoSimulator, ptpSimulator, barcodeSimulator, filmPhotoSimulator
]
