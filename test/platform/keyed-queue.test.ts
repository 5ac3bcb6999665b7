import { describe, expect, it } from 'vitest'
import { KeyedQueue } from '../../src/platform/keyed-queue.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('the keyed queue', () => {
  it('runs one key in order and others beside it', async () => {
    const queue = new KeyedQueue()
    const seen: string[] = []
    const task = (name: string, ms: number) => async () => { seen.push(`+${name}`); await pause(ms); seen.push(`-${name}`) }
    await Promise.all([queue.run('a', task('a1', 30)), queue.run('a', task('a2', 0)), queue.run('b', task('b', 0))])
    expect(seen.filter((each) => each.includes('a'))).toEqual(['+a1', '-a1', '+a2', '-a2'])
    expect(seen.indexOf('-b')).toBeLessThan(seen.indexOf('-a1'))
  })

  it('hands a failure to its own caller and goes on', async () => {
    const queue = new KeyedQueue()
    const failing = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('a', () => Promise.resolve(1))
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe(1)
    await queue.idle()
  })
})
