import { itemsOf, type DataSet } from '../../dicom/codec.js'
import type { QualityReason } from '../../domain/finding.js'
import { deepGreyFrames } from './grey-deep.js'
import { applyTable } from './grey-window.js'
import { DISPLAY_SHARE, histogram16 } from './histogram.js'
import type { ImageModule } from './image-module.js'
import { NOTES } from './notes.js'
import { as16, type RawFrame } from './raw-frame.js'
import { displayRange, modalityFunction, readVoi, voiFunction, type Voi } from './voi.js'

type Shown = { data: Uint8Array; notes: QualityReason[] }
type Samples = { values: (Uint8Array | Uint16Array)[]; shift: number; mask: number; clamped: boolean }

/**
 * Monochrome frames to 8 bits in MONOCHROME2 sense: sign and unused bits (old overlays) stripped, modality LUT or
 * rescale, VOI LUT or first window, else the percentile window; 8-bit images without a window stay as they are.
 * All frames share one look-up table, so that a clip does not flicker.
 */
export function toGrey(dataSet: DataSet, image: ImageModule, frames: readonly RawFrame[]): Shown {
  const first = frames[0]
  if (!first || first.allocated === 32) return deepGreyFrames(dataSet, image, frames)
  if (first.allocated === 1) return { data: concat(frames.map((frame) => unpackBits(frame, image))), notes: [] }
  const samples = samplesOf(frames, image)
  const { table, notes } = buildTable(dataSet, image, samples)
  return { data: concat(samples.values.map((values) => applyTable(values, table))), notes }
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))

function samplesOf(frames: readonly RawFrame[], image: ImageModule): Samples {
  const allocated = frames[0]?.allocated ?? 8
  const stored = Math.min(image.stored, allocated)
  const highBit = image.allocated === allocated ? Math.max(stored - 1, Math.min(image.highBit, allocated - 1)) : stored - 1
  return { values: frames.map((frame) => (allocated === 8 ? frame.bytes : as16(frame.bytes))), shift: highBit + 1 - stored, mask: 2 ** stored - 1, clamped: !image.signed && frames[0]?.lossy === true }
}

function unpackBits(frame: RawFrame, image: ImageModule): Uint8Array {
  const out = new Uint8Array(frame.columns * frame.rows)
  const [zero, one] = image.photometric === 'MONOCHROME1' ? [255, 0] : [0, 255]
  for (let i = 0; i < out.length; i++) out[i] = ((frame.bytes[i >> 3] ?? 0) >> (i & 7)) & 1 ? one : zero
  return out
}

type Table = { table: Uint8ClampedArray; notes: QualityReason[] }

/** One entry for every stored pattern of 16 (or 8) bits, so that a pixel costs one look-up. */
function buildTable(dataSet: DataSet, image: ImageModule, samples: Samples): Table {
  const counts = countsOf(samples)
  const modality = modalityFunction(functionalGroup(dataSet, 0x00289145), dataSet)
  const sign = image.signed ? (samples.mask + 1) / 2 : 0
  const valueOf = (pattern: number): number => modality(sign > 0 && pattern >= sign ? pattern - samples.mask - 1 : pattern)
  // A rescale may have made the values negative, whatever the stored ones are.
  const voi = readVoi(functionalGroup(dataSet, 0x00289132), image.signed || valueOf(0) < 0)
  const identity = voi === undefined && image.stored <= 8 && !image.signed
  const range = (): Voi => displayRange(withoutPadding(counts, dataSet, samples), valueOf, DISPLAY_SHARE)
  const chosen = voi ?? (identity ? { kind: 'range', low: valueOf(0), high: valueOf(samples.mask) } satisfies Voi : range())
  const shown = patternTable(samples, valueOf, chosen)
  if (voi && showsNothing(shown, counts)) return { table: finish(patternTable(samples, valueOf, range()), image, samples), notes: [NOTES.windowIgnored] }
  return { table: finish(shown, image, samples), notes: [] }
}

function countsOf({ values, shift, mask }: Samples): Uint32Array {
  const total = new Uint32Array(65536)
  for (const frame of values) {
    const counts = histogram16(frame, mask, shift)
    for (let i = 0; i <= mask; i++) total[i] = (total[i] as number) + (counts[i] as number)
  }
  return total
}

/** Pixel Padding Value fills what was never exposed (PS3.3 C.7.5.1.1.2): it says nothing of the range. */
function withoutPadding(counts: Uint32Array, dataSet: DataSet, { mask }: Samples): Uint32Array {
  const padding = dataSet.number(0x00280120)
  if (padding === undefined) return counts
  const kept = counts.slice()
  const limit = dataSet.number(0x00280121) ?? padding
  for (let value = Math.min(padding, limit); value <= Math.max(padding, limit) && value - Math.min(padding, limit) <= mask; value++) kept[value & mask] = 0
  return kept.some((count) => count > 0) ? kept : counts
}

/** Attributes of a functional group: the first frame's, the shared ones, else the data set's own. */
function functionalGroup(dataSet: DataSet, sequence: number): DataSet {
  const holders = [itemsOf(dataSet, 0x52009230)[0], itemsOf(dataSet, 0x52009229)[0]]
  for (const holder of holders) {
    const item = holder && itemsOf(holder, sequence)[0]
    if (item) return item
  }
  return dataSet
}

function patternTable({ mask }: Samples, valueOf: (pattern: number) => number, voi: Voi): Uint8ClampedArray {
  const show = voiFunction(voi)
  const table = new Uint8ClampedArray(mask + 1)
  for (let pattern = 0; pattern <= mask; pattern++) table[pattern] = show(valueOf(pattern))
  return table
}

/** Fewer than one pixel in two hundred between black and white, though the pixels differ: the window is of another image. */
function showsNothing(table: Uint8ClampedArray, counts: Uint32Array): boolean {
  let total = 0
  let between = 0
  let kinds = 0
  for (let pattern = 0; pattern < table.length; pattern++) {
    const count = counts[pattern] as number
    total += count
    if (count > 0) kinds++
    const shown = table[pattern] as number
    if (shown > 0 && shown < 255) between += count
  }
  return kinds > 2 && between * 200 < total
}

/** Spreads the table over all raw samples (bits outside the stored ones ignored) and turns MONOCHROME1 over. */
function finish(table: Uint8ClampedArray, image: ImageModule, { shift, mask, clamped }: Samples): Uint8ClampedArray {
  const out = new Uint8ClampedArray(65536)
  const invert = image.photometric === 'MONOCHROME1'
  for (let raw = 0; raw < 65536; raw++) {
    const shown = table[clamped ? Math.min(raw, mask) : (raw >> shift) & mask] as number
    out[raw] = invert ? 255 - shown : shown
  }
  return out
}
