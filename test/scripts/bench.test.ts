import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { growArchive } from '../../scripts/bench/archive.js'
import { quantile, table } from '../../scripts/bench/figures.js'
import { systemClock } from '../../src/platform/clock.js'
import { silentLog } from '../../src/platform/log.js'
import { StudyStore } from '../../src/store/study-store.js'

it('takes quantiles between ranks', () => {
  expect(quantile([30, 10, 20], 0.5)).toBe(20)
  expect(quantile([1, 2], 0.5)).toBe(1.5)
  expect(quantile([5], 0.95)).toBe(5)
})

it('prints a line a figure', () => {
  expect(table([{ part: 'store', name: 'commit', value: 1.234, unit: 'ms' }, { part: 'store', name: 'open', value: 1234.5, unit: 'ms', note: 'n=2' }]))
    .toBe('store  commit  1.23  ms\nstore  open    1235  ms  n=2')
})

it('makes an archive that the store opens whole, and can grow it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bench-archive-'))
  try {
    const ids = [...await growArchive(root, 0, 30), ...await growArchive(root, 30, 120)]
    await using store = await StudyStore.open({ root, clock: systemClock, log: silentLog, reserveBytes: 0 })
    expect(store.damaged.size).toBe(0)
    expect(store.counts().total).toBe(120)
    expect((await store.read(ids[119] ?? '')).state).toBe('ready')
  } finally {
    await rm(root, { recursive: true })
  }
})
