/** One measured number. `part` and `name` together identify it from run to run. */
export type Figure = { readonly part: string; readonly name: string; readonly value: number; readonly unit: string; readonly note?: string }

/** The value below which the share `q` (0..1) of the values lies, by linear interpolation between ranks. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** p50 and p95 of the same measure, with the number of samples as their note. */
export function spread(part: string, name: string, values: readonly number[], unit = 'ms'): Figure[] {
  const note = `n=${values.length}`
  return [
    { part, name: `${name}, p50`, value: quantile(values, 0.5), unit, note },
    { part, name: `${name}, p95`, value: quantile(values, 0.95), unit, note }
  ]
}

const digits = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2))

/** Aligned lines, one a figure. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ part, name, value, unit, note }) => [part, name, digits(value), unit, note ?? ''] as const)
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, i) => (i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ').trimEnd()).join('\n')
}
