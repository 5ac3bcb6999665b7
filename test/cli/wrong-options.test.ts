import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Command, CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCompile } from '../../src/cli/compile.js'
import type { AddCommand, CliHost } from '../../src/cli/host.js'
import { UsageError } from '../../src/cli/host.js'
import { addReceive } from '../../src/cli/receive.js'
import { addRestore } from '../../src/cli/restore.js'
import { addSimulate } from '../../src/cli/simulate.js'
import { addUpdate } from '../../src/cli/update.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-options-'))
  const pem = (type: 'ed25519' | 'x25519'): string => (type === 'ed25519' ? generateKeyPairSync(type) : generateKeyPairSync(type)).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  await writeFile(join(folder, 'centre.key'), pem('ed25519'))
  await writeFile(join(folder, 'other.key'), pem('x25519'))
  await writeFile(join(folder, 'not.json'), 'site: hill')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const nowhere = (): NodeJS.WritableStream => new Writable({ write: (_chunk, _encoding, done) => done() })
const noSignal = { once: () => undefined, off: () => undefined }

/** What a person reads who calls a command so; anything but a sentence for them is thrown on. `@` in an option is the folder. */
async function answer(add: AddCommand, argv: string[]): Promise<string> {
  const host: CliHost = { argv: [], env: { SCREENPOST_DATA: join(folder, 'data') }, stdout: nowhere(), stderr: nowhere(), signals: noSignal }
  const program = new Command('screenpost').exitOverride().configureOutput({ writeErr: () => undefined })
  add(program, host, () => undefined)
  try {
    await program.parseAsync(argv.map((part) => part.replace('@', folder)), { from: 'user' })
    return 'done'
  } catch (error) {
    if (error instanceof UsageError || error instanceof CommanderError) return error.message
    throw error
  }
}

describe('an option that can not be what is meant is answered in words', () => {
  const sign = (...more: string[]): string[] => ['update', 'sign', '@', '--from', 'Centre', '--serial', '4', '--key', '@/centre.key', ...more]
  it.each([
    ['--serial abc', ['--serial', 'abc'], '--serial: expected a whole number from 1 on; got abc'],
    ['--kind nonsense', ['--kind', 'nonsense'], 'Allowed choices are site, packs'],
    ['--key of a file without one', ['--key', '@/not.json'], 'holds no Ed25519 private key'],
    ['--key of another kind', ['--key', '@/other.key'], 'holds no Ed25519 private key'],
    ['--site that is no JSON', ['--site', '@/not.json'], 'not.json can not be read as JSON'],
    ['--from without a name', ['--from', ''], 'from: ']
  ])('update sign %s', async (_name, more, said) => {
    expect(await answer(addUpdate, sign(...more))).toContain(said)
    expect(await readdir(folder)).not.toContain('bundle.json')
  })

  it('update show with a trust that is no key', async () => {
    expect(await answer(addUpdate, ['update', 'show', '@', '--trust', '@/not.json'])).toContain('holds no public key')
  })

  it.each([['compile', addCompile, ['--memory-limit', 'all']], ['compile', addCompile, ['--workspace', '-1']], ['receive', addReceive, ['--import', '@', '--identity', '@/absent', '--wait', '2m']],
    ...['--seed', '--every', '--count', '--corrupt', '--drop', '--unplug'].map((flag) => ['simulate', addSimulate, ['watched-folder', '--folder', '@', flag, 'x1']] as [string, AddCommand, string[]])
  ] as [string, AddCommand, string[]][])('%s %#', async (command, add, argv) => {
    const [flag, value] = argv.slice(-2)
    expect(await answer(add, [command, ...argv])).toMatch(new RegExp(`^${flag}: expected .*got ${value}$`))
  })

  it('restore names what is wrong with the site file', async () => {
    expect(await answer(addRestore, ['restore', '--config', '@/not.json'])).toMatch(/^The configuration has problems:\n.*not\.json: is not JSON/)
    expect(await answer(addRestore, ['restore', '--config', '@/absent.json'])).toContain('absent.json: can not be read; check the path')
  })
})

it('a bundle that is well described is signed', async () => {
  expect(await answer(addUpdate, ['update', 'sign', '@', '--from', 'Centre', '--serial', '4', '--key', '@/centre.key'])).toBe('done')
  expect(await readdir(folder)).toContain('bundle.json')
})
