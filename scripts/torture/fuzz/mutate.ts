import type { Random } from '../random.js'

const TELLING = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, 0x0a, 0x0d, 0x2d, 0x22, 0x5c]
const LENGTHS = [0, 1, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

type Mutator = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer

const copyOf = (bytes: Buffer): Buffer => Buffer.from(bytes)
const somewhere = (bytes: Buffer, random: Random): number => random.below(bytes.length + 1)

/** Headers stand at the front: half of the changes fall into the first 512 bytes. */
const place = (bytes: Buffer, random: Random): number => random.below(random.below(2) ? Math.min(512, bytes.length) : bytes.length)

const MUTATORS: readonly Mutator[] = [
  (bytes, random) => { const out = copyOf(bytes); out[place(out, random)]! ^= 1 << random.below(8); return out },
  (bytes, random) => { const out = copyOf(bytes); out[place(out, random)] = random.pick(TELLING); return out },
  (bytes, random) => {
    const out = copyOf(bytes)
    const at = place(out, random)
    const value = random.pick(LENGTHS)
    if (at + 4 > out.length) return out
    if (random.below(2)) out.writeUInt32LE(value, at)
    else out.writeUInt32BE(value, at)
    return out
  },
  (bytes, random) => {
    const out = copyOf(bytes)
    const at = place(out, random)
    const value = random.pick(LENGTHS) & 0xffff
    if (at + 2 > out.length) return out
    if (random.below(2)) out.writeUInt16LE(value, at)
    else out.writeUInt16BE(value, at)
    return out
  },
  (bytes, random) => bytes.subarray(0, somewhere(bytes, random)),
  (bytes, random) => { const at = somewhere(bytes, random); return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random.below(64)))]) },
  (bytes, random) => { const at = somewhere(bytes, random); return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + random.below(256)), bytes.subarray(at)]) },
  (bytes, random) => { const at = somewhere(bytes, random); return Buffer.concat([bytes.subarray(0, at), randomBytes(random, random.below(64)), bytes.subarray(at)]) },
  (bytes, random, others) => { const other = random.pick(others); return Buffer.concat([bytes.subarray(0, somewhere(bytes, random)), other.subarray(somewhere(other, random))]) }
]

export const randomBytes = (random: Random, length: number): Buffer => Buffer.from(Uint8Array.from({ length }, () => random.below(256)))

/** Of a target with a shape of its own, two of three inputs have it. */
export const inputOf = ({ seeds, make }: { readonly seeds: readonly Buffer[]; make?(random: Random): Buffer }, random: Random): Buffer => (make && random.below(3) > 0 ? make(random) : makeInput(seeds, random))

/** One input: a seed changed in one to six places, or now and then nothing but noise. */
export function makeInput(seeds: readonly Buffer[], random: Random): Buffer {
  if (random.below(40) === 0) return randomBytes(random, random.below(2048))
  let bytes = random.pick(seeds)
  for (let left = 1 + random.below(6); left > 0; left--) bytes = bytes.length === 0 ? random.pick(seeds) : random.pick(MUTATORS)(bytes, random, seeds)
  return bytes
}
