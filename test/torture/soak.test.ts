import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type * as HeldMemory from '../../scripts/torture/held-memory.js'
import type { SoakSummary } from '../../scripts/torture/soak.js'
import { soakFindings } from '../../scripts/torture/soak.js'

const good: SoakSummary = { studies: 5000, acknowledgedLost: 0, atPacs: 15_000, doubled: 0, disagreements: 0, restarts: 2, linkFailures: 9, bySerialLine: 12, samples: [], heldMb: [60, 75, 74], atRestMb: 280, residentMb: [180, 210], peakMb: 500, openFiles: [40, 42], minutes: 9, seed: 1 }

describe('the soak', () => {
  it.each<[string, Partial<SoakSummary>]>([
    ['lost', { acknowledgedLost: 1 }], ['no document knows', { doubled: 1 }], ['do not agree', { disagreements: 2 }], ['memory that is held grew', { heldMb: [60, 75, 200] }], ['memory grew', { residentMb: [180, 400] }], ['memory reached', { peakMb: 1000 }], ['open files grew', { openFiles: [40, 90] }]
  ])('finds what was %s', (words, change) => {
    expect(soakFindings(good)).toEqual([])
    expect(soakFindings({ ...good, ...change }).join()).toContain(words)
  })
})

describe('the memory that a service holds', () => {
  it('counts what is used and not what lies about until it is collected', async () => {
    // What is preloaded is a file of its own, as it was built.
    const { heldMb, measurable } = await import(pathToFileURL(resolve('dist/scripts/torture/held-memory.js')).href) as typeof HeldMemory
    const folder = mkdtempSync(join(tmpdir(), 'held-'))
    const service = spawn(process.execPath, ['-e', `
      let kept
      for (let i = 0; i < 40; i++) new Array(250_000).fill(i)
      process.on('SIGHUP', () => { kept = Buffer.alloc(80 * 1024 * 1024, 1); console.log(kept.length) })
      console.log('ready')
      setInterval(() => kept, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...measurable(folder) } })
    try {
      await once(service.stdout, 'data')
      const before = await heldMb(service.pid!, folder)
      service.kill('SIGHUP')
      await once(service.stdout, 'data')
      const after = await heldMb(service.pid!, folder)
      expect(before).toBeLessThan(30)
      expect(after - before).toBe(80)
    } finally {
      service.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    }
  })
})
