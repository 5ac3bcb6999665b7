import { deepChestPhantom } from '../../src/phantoms/chest.js'
import { renderPhantom } from '../../src/phantoms/phantom.js'
import { makeDicom } from '../generators/dicom.js'
import sharp from 'sharp'

/** A 12-bit CR film of a phantom chest, Explicit VR Little Endian; `seed` even is healthy. */
export async function chestDicom(seed = 0, size = { width: 1000, height: 800 }): Promise<Buffer> {
  const film = deepChestPhantom({ seed, ...size, bitsStored: 12 })
  return makeDicom({
    modality: 'CR', bodyPart: 'CHEST', viewPosition: 'PA', columns: film.width, rows: film.height, bitsStored: 12, pixels: film.data,
    patientName: 'Phantom^Chest', patientId: 'PHANTOM', patientAge: '040Y', sopInstanceUid: `2.25.${7000 + seed}`
  })
}

/** A JPEG of a phantom fundus; `seed` % 4 is rising severity. */
export async function fundusJpeg(seed = 0, width = 900): Promise<Buffer> {
  const { data, height } = renderPhantom('fundus', { seed, width, height: Math.round(width * 0.75) })
  return sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 }).toBuffer()
}
