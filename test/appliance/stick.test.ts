import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundleOfFolder } from '../../src/provisioning/make-bundle.js'
import { signBundle } from '../../src/provisioning/signed-bundle.js'
import { chestPack, writePack } from '../inference/pack-folder.js'
import { repository } from './root.js'

const run = promisify(execFile)
const keys = () => generateKeyPairSync('ed25519')
const centre = keys()
const programme = { mount: 'for last; do :; done; cp -r "$STICK"/. "$last"/', umount: 'rm -rf --one-file-system "$1"/*', rauc: 'echo "rauc $*" >> "$CALLS"', systemctl: 'echo "systemctl $*" >> "$CALLS"' }

/** The script itself with the compiled service; only mounting, RAUC and systemd are stand-ins. */
describe('a stick with packs of the centre', () => {
  let folder: string
  const at = (path: string): string => join(folder, path)
  const plug = async (device = at('device')): Promise<{ status: number; text: string; calls: string }> => {
    const env = { ...process.env, PATH: `${at('bin')}:${process.env['PATH']}`, STICK: at('stick'), CALLS: at('calls'), SCREENPOST_KEYRING: at('keyring.pem'), SCREENPOST_STATE: at('state'),
      SCREENPOST_DATA: at('data'), SCREENPOST_RUN: at('run'), SCREENPOST_MAIN: join(repository, 'dist/appliance/main.js') }
    const said = await run(join(repository, 'appliance/libexec/update-from-stick'), [device], { env }).then(
      ({ stdout, stderr }) => ({ status: 0, text: stdout + stderr }), (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, text: error.stdout + error.stderr }))
    expect(await readdir(at('run'))).toEqual([])
    return { ...said, calls: await readFile(at('calls'), 'utf8').catch(() => '') }
  }
  const sign = async (key = centre): Promise<void> => writeFile(at('stick/screenpost-packs/bundle.json'), signBundle({
    kind: 'packs', from: 'District hospital', createdAt: '2026-11-01T08:00:00Z', serial: 1, files: await bundleOfFolder(at('stick/screenpost-packs')) }, key.privateKey))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-stick-'))
    for (const name of ['bin', 'stick', 'state', 'data', 'run']) await mkdir(at(name))
    for (const [name, body] of Object.entries(programme)) {
      await writeFile(at(`bin/${name}`), `#!/bin/sh\n${body}\n`)
      await chmod(at(`bin/${name}`), 0o755)
    }
    await writePack(at('stick/screenpost-packs/packs'), { ...chestPack, version: '1.1.0' })
    await writeFile(at('state/centre.pem'), centre.publicKey.export({ type: 'spki', format: 'pem' }))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is taken with the key kept at the first start, without thresholds and without a keyring for system updates', async () => {
    await sign()
    expect(await plug()).toMatchObject({ status: 0, text: expect.stringContaining('taken') as string, calls: 'systemctl try-restart screenpost.service\n' })
    expect(await readdir(at('data/packs/tb-chest/1.1.0'))).toContain('manifest.json')
    expect(await readdir(at('state'))).toContain('bundle-packs.json')
  })

  it('of another centre, or on a box that knows none, changes nothing and says so', async () => {
    await sign(keys())
    expect(await plug()).toMatchObject({ status: 1, text: expect.stringContaining('those in service go on') as string, calls: '' })
    await rm(at('state/centre.pem'))
    expect(await plug()).toMatchObject({ status: 1, text: expect.stringContaining('knows no centre') as string, calls: '' })
    expect(await readdir(at('data'))).toEqual([])
  })

  it('installs a system update only where a keyring says who may sign it', async () => {
    await rm(at('stick/screenpost-packs'), { recursive: true })
    await writeFile(at('stick/update.raucb'), 'x')
    expect((await plug()).calls).toBe('')
    await writeFile(at('keyring.pem'), 'certificate')
    expect((await plug()).calls).toMatch(/^rauc install .*update\.raucb\n$/)
  })

  it('is taken the same way from what the service fetched over the line, from a copy of root\'s, and once', async () => {
    await sign()
    const accepted = createHash('sha256').update(await readFile(at('stick/screenpost-packs/bundle.json'))).digest('hex')
    for (const [name, text] of [['update.raucb', 'an update'], ['ready', '{}'], ['accepted', `${accepted}\n`]] as const) await writeFile(at(`stick/${name}`), text)
    await writeFile(at('keyring.pem'), 'certificate')
    const { status, calls } = await plug(at('stick'))
    expect([status, calls]).toEqual([0, `rauc install ${at('state/incoming.raucb')}\nsystemctl try-restart screenpost.service\n`])
    expect(await readdir(at('stick'))).toEqual(['screenpost-packs'])
    expect(await readdir(at('state'))).not.toContain('incoming.raucb')
  })
})
