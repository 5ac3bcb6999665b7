import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cpuDescription, sumsBytesExactly } from '../../src/inference/dot-product.js'
import { openSession } from '../../src/inference/session.js'

const gate = resolve(import.meta.dirname, '../../models-int8/image-gate')
const model = resolve(gate, readdirSync(gate).sort().at(-1)!, 'model.onnx')
const PIXELS = 128 * 128 * 3
/** Every pixel at an end of the range, so that sums are as large as they get. */
const harsh = { data: Float32Array.from({ length: PIXELS }, (_, i) => ((i * 7919) % 11 < 5 ? -1 : 1)), dims: [1, 3, 128, 128] }

async function logits(cpuinfo: string): Promise<readonly number[]> {
  const session = await openSession(model, { providers: ['cpu'], threads: 1, cpuinfo })
  try {
    return [...(await session.run('image', harsh))['logits']!.data]
  } finally {
    await session.release()
  }
}

describe('the CPU\'s way of summing bytes', () => {
  it('is read from its flags', () => {
    expect(sumsBytesExactly('processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni sha_ni\n')).toBe(true)
    expect(sumsBytesExactly('flags\t\t: fpu avx2 avx_vnni')).toBe(true)
    expect(sumsBytesExactly('flags\t\t: fpu avx2 avx512bw\nmodel name\t: avx512_vnni')).toBe(false)
    expect(sumsBytesExactly('Features\t: fp asimd asimddp')).toBe(false)
    expect(sumsBytesExactly('')).toBe(false)
  })

  it('does not change an answer: the quick way gives the very numbers of the slow, exact one', async () => {
    const quick = await logits(await cpuDescription())
    expect(quick.length).toBeGreaterThan(1)
    expect(quick).toEqual(await logits(''))
  })
})
