import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { picture } from '../../scripts/torture/ground.js'
import { buildInterposer, hasProgram, watchChanges } from '../../scripts/torture/interposer.js'
import { readJournal } from '../../scripts/torture/journal.js'
import { ModelDisk } from '../../scripts/torture/model-disk.js'
import { createRandom } from '../../scripts/torture/random.js'

/** Links, renames and removes on several threads, as fast as it can. */
const BUSY = `const { closeSync, linkSync, openSync, renameSync, unlinkSync, writeSync } = require('node:fs'); const { Worker, isMainThread, workerData } = require('node:worker_threads')
if (isMainThread) for (let n = 0; n < 3; n++) new Worker(__filename, { workerData: process.argv[2] + '/' + n })
else for (let n = 0; ; n++) { const at = workerData + '-' + (n % 5); const file = openSync(at, 'w'); writeSync(file, 'x'); closeSync(file); linkSync(at, at + '.two'); renameSync(at, at + '.three'); unlinkSync(at + '.two') }`

const canRun = process.env['CI'] === 'true' || hasProgram('cc')

describe.skipIf(!canRun)('the plug of the torture (needs cc)', () => {
  let folder: string
  let library: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'screenpost-plug-'))
    library = buildInterposer(folder, resolve(import.meta.dirname, '../../scripts/torture/interposer.c'))
    writeFileSync(join(folder, 'busy.cjs'), BUSY)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is pulled between two changes: the journal explains the disk, wherever it falls', { timeout: 60_000 }, async () => {
    for (let turn = 0; turn < 8; turn++) {
      const place = join(folder, String(turn))
      const root = join(place, 'data')
      mkdirSync(root, { recursive: true })
      const disk = new ModelDisk(root)
      const watch = watchChanges(library, { root, folder: place, fault: { at: 0, mode: 'kill' } })
      const child = spawn(process.execPath, [join(folder, 'busy.cjs'), root], { detached: true, stdio: 'ignore', env: { ...process.env, ...watch.env } })
      const gone = new Promise((resolve) => { child.once('exit', resolve) })
      while (watch.count() < 200 + turn * 17 && child.exitCode === null) await new Promise((resolve) => { setTimeout(resolve, 2) })
      await watch.stopBetweenChanges()
      try { process.kill(-child.pid!, 'SIGKILL') } catch { /* it ended itself at its next change */ }
      await gone
      expect(watch.count()).toBeGreaterThan(199)
      for (const operation of readJournal(watch.journal())) disk.apply(operation)
      disk.materialise(join(place, 'rebuilt'), 'kept', createRandom(1))
      expect(disk.surprises).toEqual([])
      expect(picture(join(place, 'rebuilt'))).toEqual(picture(root))
    }
  })
})
