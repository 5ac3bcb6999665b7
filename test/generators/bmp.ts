export type BmpOptions = { readonly width: number; readonly height: number; readonly bits: 1 | 4 | 8 | 24 | 32; readonly rows: readonly (readonly number[])[]; readonly palette?: readonly (readonly [number, number, number])[]; readonly topDown?: boolean }

/** An uncompressed BMP; `rows` from the top, palette indices or RGB triples in a row. */
export function makeBmp({ width, height, bits, rows, palette = [], topDown = false }: BmpOptions): Buffer {
  const stride = Math.ceil((width * bits) / 32) * 4
  const start = 54 + palette.length * 4
  const out = Buffer.alloc(start + stride * height)
  out.write('BM')
  out.writeUInt32LE(out.length, 2)
  out.writeUInt32LE(start, 10)
  out.writeUInt32LE(40, 14)
  out.writeInt32LE(width, 18)
  out.writeInt32LE(topDown ? -height : height, 22)
  out.writeUInt16LE(1, 26)
  out.writeUInt16LE(bits, 28)
  out.writeUInt32LE(palette.length, 46)
  palette.forEach(([r, g, b], i) => out.set([b, g, r, 0], 54 + i * 4))
  rows.forEach((row, y) => {
    const at = start + (topDown ? y : height - 1 - y) * stride
    if (bits >= 24) for (let x = 0; x < width; x++) out.set([row[x * 3 + 2] ?? 0, row[x * 3 + 1] ?? 0, row[x * 3] ?? 0], at + (x * bits) / 8)
    else row.forEach((index, x) => { out[at + ((x * bits) >> 3)] = (out[at + ((x * bits) >> 3)] ?? 0) | (index << (8 - bits - ((x * bits) & 7))) })
  })
  return out
}
