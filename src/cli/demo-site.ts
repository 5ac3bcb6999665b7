import { join } from 'node:path'

/** Where the devices of the demonstration live, below its own temporary folder. */
export const demoPlaces = (folder: string) => ({
  data: join(folder, 'data'), site: join(folder, 'site.json'), inbox: join(folder, 'inbox'), cards: join(folder, 'cards', 'plugged'), cameraCard: join(folder, 'camera'),
  scanner: join(folder, 'scanner'), screen: join(folder, 'ultrasound.mjpeg'), digitizerLine: join(folder, 'digitizer'), scannerLine: join(folder, 'barcodes')
})
export type DemoPlaces = ReturnType<typeof demoPlaces>

/** A clinic with one device of every kind. */
export const demoSite = (places: DemoPlaces): object => ({
  name: 'DEMO - generated pictures, no patients',
  devices: [
    { id: 'dicom', kind: 'dicom', options: { host: '127.0.0.1', port: 0 } },
    { id: 'dicomweb', kind: 'stow', options: {} },
    { id: 'inbox', kind: 'watched-folder', options: { folder: places.inbox } },
    { id: 'sticks', kind: 'mass-storage', options: { root: places.cards } },
    { id: 'digitizer', kind: 'serial-digitizer', options: { path: places.digitizerLine, baudRate: 921_600 } },
    { id: 'film-scanner', kind: 'sane', options: { device: 'pnm:0', configFolder: places.scanner, depth: null, mode: null, resolutionDpi: 75, settings: { filename: join(places.scanner, 'film.pgm') } } },
    { id: 'ultrasound', kind: 'video', options: { input: places.screen } },
    { id: 'camera', kind: 'ptp', options: { camera: 'Directory Browse', port: `disk:${places.cameraCard}` } },
    { id: 'barcodes', kind: 'barcode', options: { path: places.scannerLine } },
    { id: 'film-photos', kind: 'film-photo', options: {} }
  ]
})
