import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/platform/log.js'
import { startReader, type Reader, type ReaderOptions } from '../../../src/pipeline/reader/reader.js'
import { misbehavingChild } from './built-child.js'

let reader: Reader
afterEach(async () => { await reader[Symbol.asyncDispose]() })

const start = async (options: Partial<ReaderOptions> = {}): Promise<Reader> => {
  reader = await startReader({ packsFolder: '', log: silentLog, script: misbehavingChild, restart: { baseMs: 1, maxMs: 5 }, ...options })
  await reader.ready
  return reader
}
const read = (path: string, signal?: AbortSignal) => reader.read({ path }, signal)
const code = async (path: string) => { const result = await read(path); return result.ok ? 'ok' : result.error.code }

describe('the supervised reader', () => {
  it('answers only the request in hand when its process crashes, and the waiting ones from the next process', async () => {
    await start()
    expect(await Promise.all(['1', 'crash', '2', 'exit', '3'].map(code))).toEqual(['ok', 'reader-crashed', 'ok', 'reader-crashed', 'ok'])
    expect(reader.status()).toMatchObject({ alive: true, restarts: 2 })
  })

  it('ends a request that takes too long and goes on', async () => {
    await start({ timeoutMs: 300 })
    expect(await Promise.all(['hang', '0'].map(code))).toEqual(['reader-timeout', 'ok'])
  })

  it('leaves a request its time on a slow machine, as long as one stage after the other is done, and not for ever', async () => {
    await start({ timeoutMs: 700, longestMs: 2500 })
    expect(await Promise.all(['toil-2000', 'toil-60000', '0'].map(code))).toEqual(['ok', 'reader-timeout', 'ok'])
  })

  it('ends a process that eats the memory', async () => {
    await start({ memoryLimitMb: 400 })
    const grown = await read('grow')
    expect(grown).toMatchObject({ ok: false, error: { code: 'reader-crashed', message: expect.stringContaining('memory') } })
    expect(await code('0')).toBe('ok')
  })

  it('says unavailable when the process does not start, and does not keep anybody waiting', async () => {
    await start({ packsFolder: 'stillborn' })
    expect(await code('0')).toBe('reader-unavailable')
    expect(reader.status().alive).toBe(false)
  })

  it('replaces a process that hangs at its start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reader-'))
    await start({ packsFolder: join(folder, 'hung'), startWithinMs: 1500, readyWithinMs: 20_000 })
    expect([await code('0'), reader.status().restarts]).toEqual(['ok', 1])
    await rm(folder, { recursive: true })
  })

  it('takes an aborted request out of the queue, and answers one in hand at once', async () => {
    await start()
    const [first, second] = [new AbortController(), new AbortController()]
    const inHand = read('200', first.signal)
    const waiting = read('1', second.signal)
    first.abort()
    second.abort()
    expect(await inHand).toMatchObject({ ok: false, error: { code: 'reader-stopped' } })
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'reader-stopped' } })
    expect(await code('0')).toBe('ok')
  })

  it('answers everything when it is disposed', async () => {
    await start()
    const answers = Promise.all([code('5000'), code('5000')])
    await reader[Symbol.asyncDispose]()
    expect(await answers).toEqual(['reader-stopped', 'reader-stopped'])
    expect(await code('0')).toBe('reader-stopped')
  })

  it('tells listeners when it goes down and comes back', async () => {
    await start()
    const seen: boolean[] = []
    reader.onStatus(({ alive }) => seen.push(alive))
    await code('crash')
    await code('0')
    expect(seen).toEqual([false, true])
  })
})
