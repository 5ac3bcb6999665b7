import { crc32 } from 'node:zlib'
import { deepChestPhantom } from '../../phantoms/chest.js'

/** A film as the device holds it: lines of samples as they go over the line (two bytes, most significant bits used, above 8 bits). */
export type Film = {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly zeroIsWhite: boolean
  readonly samplePitchNm: number
  readonly bytes: Buffer
  /** CRC-32 of all lines in order. */
  readonly crc: number
  line(index: number): Buffer
}

/** @param bytes `width * height` samples, row-major, as they go over the line */
export function createFilm(film: { width: number; height: number; bits: number; bytes: Buffer; samplePitchNm?: number; zeroIsWhite?: boolean }): Film {
  const stride = film.width * (film.bits > 8 ? 2 : 1)
  return {
    samplePitchNm: 0, zeroIsWhite: false, ...film, crc: crc32(film.bytes),
    line: (index) => film.bytes.subarray(index * stride, (index + 1) * stride)
  }
}

/** A generated chest film of 35 x 43 cm, marked PHANTOM; the seed decides anatomy and disease. */
export function phantomFilm({ seed, width = 1760, height = 2140, bits = 12 }: { seed: number; width?: number; height?: number; bits?: number }): Film {
  const opacity = seed % 2 === 0 ? 'none' : seed % 4 === 1 ? 'upper-lobe' : 'miliary'
  const { data } = deepChestPhantom({ seed, width, height, bitsStored: bits, opacity })
  const samplePitchNm = Math.round(350e6 / width)
  if (bits === 8) return createFilm({ width, height, bits, samplePitchNm, bytes: Buffer.from(Uint8Array.from(data)) })
  const bytes = Buffer.alloc(data.length * 2)
  data.forEach((value, at) => bytes.writeUInt16LE(value << (16 - bits), at * 2))
  return createFilm({ width, height, bits, samplePitchNm, bytes })
}
