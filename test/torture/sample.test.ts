import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

function missingPrograms(): string[] {
  return ['cc', 'storescu', 'strace'].filter((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
}

const missing = process.env['CI'] ? [] : missingPrograms()

describe.skipIf(missing.length > 0)(`the plug pulled at a dozen places${missing.length > 0 ? ` (needs ${missing.join(', ')})` : ''}`, () => {
  it('loses nothing that was acknowledged, doubles nothing, and answers a C-STORE only when all is durable', () => {
    const folder = mkdtempSync(join(tmpdir(), 'screenpost-sample-'))
    const json = join(folder, 'figures.json')
    try {
      const run = spawnSync(process.execPath, [join(root, 'dist/scripts/torture/main.js'), '--sample', '--seed', '20', '--json', json], { encoding: 'utf8', timeout: 120_000 })
      expect(run.status, run.stdout + run.stderr).toBe(0)
      expect(run.stdout).toMatch(/durable before the C-STORE answer +yes/)
      const figures = JSON.parse(readFileSync(json, 'utf8')) as Record<string, number>
      expect(figures).toMatchObject({ acknowledgedLost: 0, doubled: 0, illegalStates: 0, seed: 20 })
      expect(figures['crashPoints']).toBeGreaterThanOrEqual(10)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }, 130_000)
})
