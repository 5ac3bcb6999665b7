import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deepChestPhantom } from '../../src/phantoms/chest.js'
import { fundusPhantom } from '../../src/phantoms/fundus.js'
import { makeDicom, SYNTAX } from '../../test/generators/dicom.js'
import { jpegFile } from '../../test/generators/images.js'

const CR_COLUMNS = 2000
const CR_ROWS = 2500

let serial = 0
let pixels: Uint16Array | undefined

/** Writes `count` CR objects of 10 MB (2000 x 2500 pixels, 16 bits allocated), each its own instance. Returns the paths. */
export async function writeFilms(folder: string, count: number): Promise<string[]> {
  pixels ??= deepChestPhantom({ seed: 1, width: CR_COLUMNS, height: CR_ROWS, bitsStored: 12 }).data
  const paths: string[] = []
  for (let i = 0; i < count; i++) {
    const path = join(folder, `film-${serial}.dcm`)
    await writeFile(path, makeDicom({
      transferSyntax: SYNTAX.explicit, sopInstanceUid: `2.25.${Date.now()}${serial++}`, modality: 'CR', bodyPart: 'CHEST', viewPosition: 'PA',
      patientAge: '040Y', columns: CR_COLUMNS, rows: CR_ROWS, bitsStored: 12, pixels
    }))
    paths.push(path)
  }
  return paths
}

/** A photograph of 2000 x 2000 pixels as a camera saves it, another eye each time. */
export const makePhotograph = (seed: number): Promise<Buffer> =>
  jpegFile(fundusPhantom({ seed, width: 2000, height: 2000, lesions: { microaneurysms: seed % 20 } }))
