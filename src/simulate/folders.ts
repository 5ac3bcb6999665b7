import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { waitMs } from '../platform/backoff.js'
import { eyeOf, kindOf, phantomJpeg, phantomPgm, phantomVideo } from './pictures.js'
import type { SimulatorKind } from './simulator-kind.js'
import { again } from './simulator-kind.js'

/** Whole at once: as if the file had always been there. */
async function appear(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const making = `${path}.part`
  await writeFile(making, bytes)
  await rename(making, path)
}

const numbered = (index: number): string => String(index + 1).padStart(4, '0')

/** Software that exports into a folder. */
export const watchedFolderSimulator: SimulatorKind = {
  kind: 'watched-folder', does: 'writes phantoms into the folder of a watched-folder device', needs: ['folder'],
  run: (options) => again(options, async (index) => {
    await appear(join(options.folder!, `PHANTOM_${numbered(index)}.jpg`), await phantomJpeg(kindOf(index), options.seed + index))
    options.say(`wrote a ${kindOf(index)} phantom`)
  })
}

const STICK_STAYS_MS = 60_000

/** A handheld fundus camera's card: both eyes of two people, plugged in, and pulled out after a while. */
export const massStorageSimulator: SimulatorKind = {
  kind: 'mass-storage', does: 'plugs a card with fundus phantoms into the root of a mass-storage device, and pulls it again', needs: ['folder'],
  run: (options) => again(options, async (index) => {
    const made = await mkdtemp(join(dirname(options.folder!), '.card-'))
    for (let n = 0; n < 4; n += 1) {
      const seed = options.seed + index * 4 + n
      await appear(join(made, 'DCIM', '100PHNTM', `PHANTOM_${numbered(n)}_${eyeOf(seed)}.JPG`), await phantomJpeg('fundus', seed))
    }
    const plugged = join(options.folder!, `PHANTOM-${index + 1}`)
    await mkdir(options.folder!, { recursive: true })
    await rm(plugged, { recursive: true, force: true })
    await rename(made, plugged)
    options.say(`card PHANTOM-${index + 1} is plugged in`)
    if (options.count > 0 && index === options.count - 1) return
    await waitMs(STICK_STAYS_MS, options.signal)
    await rm(plugged, { recursive: true, force: true })
    options.say(`card PHANTOM-${index + 1} is pulled out`)
  })
}

/** A camera on a cable: its card is the folder behind `disk:` of a ptp device. */
export const ptpSimulator: SimulatorKind = {
  kind: 'ptp', does: 'takes fundus phantoms with a camera whose card is a folder (camera "Directory Browse", port disk:FOLDER)', needs: ['folder'],
  run: (options) => again(options, async () => {
    const folder = join(options.folder!, 'DCIM', '100PHNTM')
    await mkdir(folder, { recursive: true })
    const taken = (await readdir(folder)).length
    await appear(join(folder, `PHN_${numbered(taken)}.JPG`), await phantomJpeg('fundus', options.seed + taken))
    options.say('took a picture')
  })
}

/** SANE's own scanner of files, with a phantom film on its glass; each time another. */
export const saneSimulator: SimulatorKind = {
  kind: 'sane', does: 'lays chest phantoms on a scanner (configFolder: FOLDER, device "pnm:0", mode null, depth null, settings.filename FOLDER/film.pgm)', needs: ['folder'],
  run: async (options) => {
    await appear(join(options.folder!, 'dll.conf'), Buffer.from('pnm\n'))
    await again(options, async (index) => {
      await appear(join(options.folder!, 'film.pgm'), phantomPgm(options.seed + index))
      options.say('a film lies on the scanner')
    })
  }
}

/** The screen of an ultrasound, as a file that a video device plays again and again. */
export const videoSimulator: SimulatorKind = {
  kind: 'video', does: 'writes a moving ultrasound phantom, the input of a video device', needs: ['out'],
  run: async (options) => {
    await appear(options.out!, await phantomVideo(options.seed))
    options.say(`a moving picture is in ${options.out!}`)
  }
}
