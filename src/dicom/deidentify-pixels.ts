import type { DataSet } from './data-set.js'
import { openObject } from './part10.js'
import { TRANSFER_SYNTAX } from './uids.js'
import { itemsOf } from './walk.js'

/** clean: a technician said so, and the object does not say otherwise. unknown: there may be writing, and where is not known. */
export type PixelCleaning = { readonly outcome: 'clean' | 'masked' | 'unknown'; readonly file: Uint8Array }

const NATIVE: ReadonlySet<string> = new Set([TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian])
const TAG = { burnedIn: 0x00280301, regions: 0x00186011, minX: 0x00186018, minY: 0x0018601a, maxX: 0x0018601c, maxY: 0x0018601e } as const

/**
 * Writing in the picture: outside the regions of an ultrasound image everything becomes black. Burned In Annotation NO and the kind of image are not
 * believed: cameras that print a name on the picture write NO, or nothing. Only a technician's statement of the device (`stated`) is, and not
 * against an object that says YES; what can't be told stays unknown, for a person.
 */
export function cleanPixels(file: Uint8Array, stated: boolean): PixelCleaning {
  const opened = openObject(file)
  if (!opened) return { outcome: 'unknown', file }
  const { dataSet, transferSyntaxUid, pixelData } = opened
  const burnedIn = dataSet.strings(TAG.burnedIn)[0]
  const regions = regionsOf(dataSet)
  const shape = shapeOf(dataSet)
  if (shape && leavesOutSome(regions, shape) && pixelData && NATIVE.has(transferSyntaxUid) && dataSet.bytes.byteLength === file.byteLength) {
    const copy = Buffer.from(dataSet.bytes)
    mask(copy.subarray(pixelData.offset, pixelData.offset + pixelData.length), shape, regions)
    return { outcome: 'masked', file: copy }
  }
  return { outcome: stated && burnedIn !== 'YES' ? 'clean' : 'unknown', file }
}

type Region = { readonly minX: number; readonly minY: number; readonly maxX: number; readonly maxY: number }
type Shape = { readonly rows: number; readonly columns: number; readonly samples: number; readonly bytesPerSample: number; readonly planar: boolean }

/** One region over the whole picture, as screens are stored that were captured, says nothing of where the writing is. */
const leavesOutSome = (regions: readonly Region[], { rows, columns }: Shape): boolean =>
  regions.length > 0 && !regions.some(({ minX, minY, maxX, maxY }) => minX === 0 && minY === 0 && maxX >= columns - 1 && maxY >= rows - 1)

function regionsOf(dataSet: DataSet): Region[] {
  return itemsOf(dataSet, TAG.regions).flatMap((item) => {
    const [minX, minY, maxX, maxY] = [TAG.minX, TAG.minY, TAG.maxX, TAG.maxY].map((tag) => (item.raw(tag).length === 4 ? item.raw(tag).readUInt32LE(0) : undefined))
    return minX === undefined || minY === undefined || maxX === undefined || maxY === undefined || maxX <= minX || maxY <= minY ? [] : [{ minX, minY, maxX, maxY }]
  })
}

function shapeOf(dataSet: DataSet): Shape | undefined {
  const [rows, columns, samples = 1, allocated = 8, planar = 0] = [0x00280010, 0x00280011, 0x00280002, 0x00280100, 0x00280006].map((tag) => dataSet.number(tag))
  return rows && columns && allocated % 8 === 0 ? { rows, columns, samples, bytesPerSample: allocated / 8, planar: planar === 1 && samples > 1 } : undefined
}

/** Every frame; interleaved samples or planes. */
function mask(pixels: Buffer, { rows, columns, samples, bytesPerSample, planar }: Shape, regions: readonly Region[]): void {
  const width = planar ? bytesPerSample : samples * bytesPerSample
  const line = columns * width
  for (let at = 0, y = 0; at + line <= pixels.length; at += line, y = (y + 1) % rows) {
    for (let x = 0; x < columns; x++) {
      const inside = regions.some(({ minX, minY, maxX, maxY }) => x >= minX && x <= maxX && y >= minY && y <= maxY)
      if (!inside) pixels.fill(0, at + x * width, at + (x + 1) * width)
    }
  }
}
