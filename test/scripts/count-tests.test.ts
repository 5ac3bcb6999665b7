import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-count-')) })
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What `.ci/run` does with `npm test`: vitest on these tests, and its results and exit status counted. */
async function counted(tests: string): Promise<{ status: number | null; counts: string; said: string }> {
  const results = join(folder, 'results.json')
  await rm(results, { force: true })
  await writeFile(join(folder, 'one.test.js'), tests)
  const { status } = spawnSync(process.execPath, [join(repository, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--globals', '--reporter=json', `--outputFile.json=${results}`], { stdio: 'ignore' })
  const { stdout, stderr } = await run(process.execPath, [join(repository, 'scripts/count-tests.mjs'), results, String(status)], { cwd: folder })
  return { status, counts: stdout.trim(), said: stderr.trim() }
}

it('counts a run that only its exit status calls failed', async () => {
  expect(await counted(`it('passes', () => { void Promise.reject(new Error('nobody waits')) })`)).toEqual({ status: 1, counts: '1 1 0', said: '' })
})

it('counts a failure once, a file that can not be loaded, and results that are missing', async () => {
  expect(await counted(`it('fails', () => expect(1).toBe(2))`)).toMatchObject({ status: 1, counts: '0 1 0' })
  expect(await counted(`throw new Error('not loadable')`)).toMatchObject({ status: 1, counts: '0 1 0' })
  const { stdout } = await run(process.execPath, [join(repository, 'scripts/count-tests.mjs'), join(folder, 'absent.json'), '0'])
  expect(stdout.trim()).toBe('0 1 0')
})

it('names what was skipped', async () => {
  expect(await counted(`describe('a peer', () => { it('passes', () => undefined); it.skip('is absent', () => undefined) })`))
    .toEqual({ status: 0, counts: '1 0 1', said: 'skipped: one.test.js: a peer is absent' })
})

it('is what .ci/run counts by, with the exit status', async () => {
  expect(await readFile(join(repository, '.ci/run'), 'utf8')).toMatch(/npm test .*\nstatus=\$\?\n.*count-tests\.mjs "\$results" "\$status"/)
})

it('has beside it a check that sees each script, not the first alone', async () => {
  const [parse] = /^parse\(\) .*$/m.exec(await readFile(join(repository, '.ci/run'), 'utf8'))!
  const [good, bad] = [join(folder, 'good.sh'), join(folder, 'bad.sh')]
  await writeFile(good, 'true\n')
  await writeFile(bad, 'fi\n')
  const parsed = (...scripts: string[]) => spawnSync('bash', ['-c', `${parse}; parse "$@"`, 'parse', ...scripts]).status
  expect([parsed(good, good), parsed(good, bad), parsed(bad, good)]).toEqual([0, 1, 1])
})
