import QRCode from 'qrcode'

/** Squares to fill for a QR code of `text` (error correction M), as left, top and width in modules of one code. */
export type QrSquares = { readonly size: number; readonly bars: readonly { readonly x: number; readonly y: number; readonly length: number }[] }

/** Dark modules joined into horizontal bars, so that no hairline shows between them in print. */
export function qrSquares(text: string): QrSquares {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' })
  const bars: { x: number; y: number; length: number }[] = []
  for (let y = 0; y < modules.size; y++)
    for (let x = 0; x < modules.size; x++) {
      if (!modules.get(y, x)) continue
      const last = bars.at(-1)
      if (last && last.y === y && last.x + last.length === x) last.length++
      else bars.push({ x, y, length: 1 })
    }
  return { size: modules.size, bars }
}
