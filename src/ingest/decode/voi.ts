import { itemsOf, type DataSet } from '../../dicom/codec.js'
import { readLut, type Lut } from './lut.js'
import { percentileRange } from './histogram.js'

/** How modality values become display values: a window (PS3.3 C.11.2.1.2), a table, or a plain range. */
export type Voi =
  | { readonly kind: 'window'; readonly centre: number; readonly width: number; readonly shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID' }
  | { readonly kind: 'table'; readonly lut: Lut }
  | { readonly kind: 'range'; readonly low: number; readonly high: number }

/** Modality LUT Sequence, else Rescale Slope and Intercept, else the stored values (PS3.3 C.11.1). */
export function modalityFunction(group: DataSet, dataSet: DataSet): (stored: number) => number {
  const item = itemsOf(dataSet, 0x00283000)[0]
  const lut = item && readLut(item, { descriptor: 0x00283002, data: 0x00283006, signed: dataSet.number(0x00280103) === 1 })
  if (lut) return (stored) => lut.at(stored)
  const slope = group.number(0x00281053) ?? dataSet.number(0x00281053) ?? 1
  const intercept = group.number(0x00281052) ?? dataSet.number(0x00281052) ?? 0
  return slope === 0 || (slope === 1 && intercept === 0) ? (stored) => stored : (stored) => stored * slope + intercept
}

/** VOI LUT Sequence, else the first window; undefined when the object has neither. */
export function readVoi(group: DataSet, signed: boolean): Voi | undefined {
  const item = itemsOf(group, 0x00283010)[0]
  const lut = item && readLut(item, { descriptor: 0x00283002, data: 0x00283006, signed })
  if (lut) return { kind: 'table', lut }
  const centre = group.number(0x00281050)
  const width = group.number(0x00281051)
  if (centre === undefined || width === undefined || width <= 0) return undefined
  const shape = group.strings(0x00281056)[0]
  return { kind: 'window', centre, width, shape: shape === 'LINEAR_EXACT' || shape === 'SIGMOID' ? shape : 'LINEAR' }
}

/** The range that holds all but the tails of the pixels' values. */
export function displayRange(counts: Uint32Array, valueOf: (pattern: number) => number, share: { low: number; high: number }): Voi {
  const used: { value: number; count: number }[] = []
  counts.forEach((count, pattern) => count > 0 && used.push({ value: valueOf(pattern), count }))
  used.sort((a, b) => a.value - b.value)
  const [low, high] = percentileRange(Uint32Array.from(used, (entry) => entry.count), share)
  return { kind: 'range', low: used[low]?.value ?? 0, high: used[high]?.value ?? 0 }
}

/** Modality value to 0..255 (the caller clamps and rounds). */
export function voiFunction(voi: Voi): (value: number) => number {
  if (voi.kind === 'table') return (value) => (voi.lut.at(value) * 255) / voi.lut.top
  if (voi.kind === 'range') {
    const scale = 255 / (voi.high > voi.low ? voi.high - voi.low : 1)
    return (value) => (value - voi.low) * scale
  }
  const { centre, width } = voi
  if (voi.shape === 'SIGMOID') return (value) => 255 / (1 + Math.exp((-4 * (value - centre)) / width))
  if (voi.shape === 'LINEAR_EXACT') return (value) => ((value - centre) / width + 0.5) * 255
  if (width <= 1) return (value) => (value > centre - 0.5 ? 255 : 0)
  return (value) => ((value - (centre - 0.5)) / (width - 1) + 0.5) * 255
}
