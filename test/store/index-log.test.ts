import { cpSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StudySummary } from '../../src/domain/study.js'
import { silentLog } from '../../src/platform/log.js'
import { loadIndex, writeSnapshot } from '../../src/store/index-files.js'
import { IndexLog } from '../../src/store/index-log.js'

const summaryOf = (number: number, revision: number): StudySummary => ({
  id: `20260301-0000000${number}`, sequence: number, revision, state: 'ready', receivedAt: '2026-03-01T08:00:00.000Z',
  triageLevel: 'none', positives: [], reviewed: false, deviceId: 'inbox', fingerprint: `${number}`
})

/** A power cut stops all at once; a copy can lose the race with a compaction that removes a journal, and then shows nothing. */
function copied(from: string, to: string): boolean {
  try {
    cpSync(from, to, { recursive: true })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

type Step = { readonly do: 'begin' | 'finish' | 'abandon' | 'compact' | 'wait'; readonly study: number }
const steps = fc.array(fc.record({ do: fc.constantFrom<Step['do']>('begin', 'finish', 'finish', 'abandon', 'compact', 'wait'), study: fc.nat(5) }), { maxLength: 40 })

describe('the journal of the index', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-journal-')) })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** The truth in documents, as the store would write it, beside the journal's view of it. */
  const play = async (index: string, script: readonly Step[]): Promise<{ documents: Map<string, StudySummary>; log: IndexLog }> => {
    const documents = new Map([0, 1, 2, 3, 4, 5].map((number) => [summaryOf(number, 1).id, summaryOf(number, 1)]))
    await writeSnapshot(index, { generation: 1 }, [...documents.values()])
    const log = await IndexLog.start(index, silentLog, { generation: 0, journalled: 0, caughtUp: [], checkpointEvery: 3 })
    const open = new Set<string>()
    for (const step of script) {
      const { id, revision } = documents.get(summaryOf(step.study, 0).id)!
      if (step.do === 'begin' && !open.has(id)) { await log.begin(id); open.add(id) }
      if (step.do === 'compact') void log.compact(() => [...documents.values()])
      if (step.do === 'wait') await new Promise((resolve) => setTimeout(resolve, 2))
      if (step.do === 'abandon' && open.delete(id)) log.end(id)
      if (step.do === 'finish' && open.delete(id)) {
        const next = summaryOf(step.study, revision + 1)
        documents.set(id, next)
        log.put(next)
        log.end(id)
      }
    }
    return { documents, log }
  }

  it('after a crash is right about every study that it does not call doubtful', async () => {
    await fc.assert(fc.asyncProperty(steps, async (script) => {
      const index = await mkdtemp(join(folder, 'index-'))
      const { documents, log } = await play(index, script)
      const cut = `${index}-cut`
      const isCopied = copied(index, cut)
      await log.close()
      if (!isCopied) return
      const loaded = await loadIndex(cut)
      if ('unusable' in loaded) return
      for (const [id, document] of documents) {
        if (!loaded.doubtful.has(id)) expect(loaded.summaries.get(id)).toEqual(document)
      }
    }), { numRuns: 60 })
  })

  it('goes on doubting a change that was under way when all before it was declared in order', async () => {
    const log = await IndexLog.start(folder, silentLog, { generation: 0, journalled: 0, caughtUp: [], checkpointEvery: 1 })
    await writeSnapshot(folder, { generation: 1 }, [summaryOf(1, 1), summaryOf(2, 1)])
    await log.begin(summaryOf(1, 1).id)
    log.put(summaryOf(2, 2))
    await new Promise((resolve) => setTimeout(resolve, 50))
    log.put(summaryOf(1, 2))
    log.end(summaryOf(1, 2).id)
    const cut = `${folder}-cut`
    cpSync(folder, cut, { recursive: true })
    await log.close()
    expect(await loadIndex(cut)).toMatchObject({ doubtful: new Set([summaryOf(1, 1).id]) })
    await rm(cut, { recursive: true })
  })

  it('after a clean close doubts nothing, and keeps no old journal once compacted', async () => {
    const log = await IndexLog.start(folder, silentLog, { generation: 0, journalled: 0, caughtUp: [] })
    const all = new Map<string, StudySummary>()
    for (let number = 0; number < 600; number += 1) {
      const summary = summaryOf(number % 6, number)
      await log.begin(summary.id)
      all.set(summary.id, summary)
      log.put(summary)
      log.end(summary.id)
      if (number === 300) void log.compact(() => all.values())
    }
    await log.close()
    const loaded = await loadIndex(folder)
    expect(loaded).toMatchObject({ doubtful: new Set() })
    expect('summaries' in loaded && loaded.summaries).toEqual(all)
    expect((await readdir(folder)).sort()).toEqual(['journal-2.jsonl', 'snapshot.jsonl'])
  })

  it('asks for compaction in proportion to the archive', async () => {
    const log = await IndexLog.start(folder, silentLog, { generation: 0, journalled: 5000, caughtUp: [] })
    expect(log.needsCompaction(100)).toBe(true)
    expect(log.needsCompaction(100_000)).toBe(false)
    await log.close()
  })
})
