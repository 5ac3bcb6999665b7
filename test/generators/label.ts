import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { toBuffer as qrCode } from 'qrcode'
import sharp from 'sharp'

/** Widths of bars and spaces of the symbols 0 to 106 of Code 128 (ISO/IEC 15417, table 1); 104 starts set B, 106 stops. */
const SYMBOLS = `212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112
312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411
142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113
411311 113141 114131 311141 411131 211412 211214 211232 2331112`.split(/\s+/)
const [START_B, STOP] = [104, 106]

/** A label of Code 128 in set B (printable ASCII), as PNG with its quiet zone. */
export async function code128(text: string, { module = 3, height = 110 } = {}): Promise<Buffer> {
  const values = [...text].map((letter) => letter.charCodeAt(0) - 32)
  const check = values.reduce((sum, value, index) => sum + value * (index + 1), START_B) % 103
  const widths = [START_B, ...values, check, STOP].flatMap((value) => [...SYMBOLS[value]!].map(Number))
  let x = 10 * module
  const bars = widths.map((width, index) => {
    const bar = index % 2 === 0 ? `<rect x="${x}" y="12" width="${width * module}" height="${height - 24}"/>` : ''
    x += width * module
    return bar
  })
  const wide = x + 10 * module
  return sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${height}"><rect width="${wide}" height="${height}" fill="#fff"/>${bars.join('')}</svg>`)).png().toBuffer()
}

/** A QR code as PNG. */
export const qrLabel = (text: string): Promise<Buffer> => qrCode(text, { width: 220, margin: 4, errorCorrectionLevel: 'M' })

/**
 * What a tablet's camera sees of a card in a hand: the label a little tilted and unsharp, on a grey ground, for two seconds, as a motion JPEG that
 * Chromium's `--use-file-for-fake-video-capture` plays in a circle. `turn` in degrees.
 */
export async function filmLabel(label: Buffer, { path, turn = 4 }: { path: string; turn?: number }): Promise<void> {
  const ground = { width: 640, height: 480, channels: 3 as const, background: '#8a8478' }
  const held = await sharp(label).flatten({ background: '#fff' }).rotate(turn, { background: '#8a8478' }).png().toBuffer()
  const scene = await sharp({ create: ground }).composite([{ input: held }]).png().toBuffer()
  await sharp(scene).blur(0.8).png().toFile(`${path}.png`)
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', '-loop', '1', '-t', '2', '-r', '10', '-i', `${path}.png`, '-pix_fmt', 'yuvj420p', '-q:v', '4', '-f', 'mjpeg', path])
}
