import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from '../appliance/root.js'
import { chestPack, writePack } from '../inference/pack-folder.js'
import { fetchUpdates } from '../../src/operations/fetch-updates.js'
import { bundleOfFolder } from '../../src/provisioning/make-bundle.js'
import { decideOffer, offeredBundle } from '../../src/provisioning/offered-bundle.js'
import { deviceIdOf } from '../../src/provisioning/identity.js'
import { signBundle } from '../../src/provisioning/signed-bundle.js'
import { tellService } from '../../src/provisioning/take-bundle.js'

const run = promisify(execFile)
const centre = generateKeyPairSync('ed25519')
let folder: string
const at = (path: string): string => join(folder, path)
const places = () => ({ state: at('data/centre'), data: at('data'), updates: at('data/updates') })

/** What the centre lays out at its web server, and the box fetches from there. */
async function lay(serial: number, key = centre, version = '1.1.0'): Promise<void> {
  await rm(at('centre'), { recursive: true, force: true })
  await mkdir(at('centre/screenpost-packs/thresholds'), { recursive: true })
  await writePack(at('centre/screenpost-packs/packs'), { ...chestPack, version })
  await writeFile(at('centre/screenpost-packs/bundle.json'), signBundle({ kind: 'packs', from: 'District hospital', createdAt: '2026-11-01T08:00:00Z', serial, files: await bundleOfFolder(at('centre/screenpost-packs')) }, key.privateKey))
  const server = createServer((request, response) => {
    void readFile(at(`centre${request.url}`)).then((bytes) => response.end(bytes), () => response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fetched = await fetchUpdates({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, folder: at('data/updates') })
  server.close()
  server.closeAllConnections()
  expect(fetched).toMatchObject({ ok: true })
}

/** Root's part, as the path unit starts it; only systemd is a stand-in. */
async function root(): Promise<{ status: number; text: string }> {
  const env = { ...process.env, PATH: `${at('bin')}:${process.env['PATH']}`, SCREENPOST_STATE: at('state'), SCREENPOST_DATA: at('data'), SCREENPOST_RUN: at('run'), SCREENPOST_KEYRING: at('none'), SCREENPOST_MAIN: join(repository, 'dist/appliance/main.js') }
  return run(join(repository, 'appliance/libexec/update-from-stick'), [at('data/updates')], { env }).then(({ stdout, stderr }) => ({ status: 0, text: stdout + stderr }), (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, text: error.stdout + error.stderr }))
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-offer-'))
  for (const name of ['bin', 'state', 'data', 'run']) await mkdir(at(name))
  for (const name of ['systemctl', 'umount']) {
    await writeFile(at(`bin/${name}`), '#!/bin/sh\n')
    await chmod(at(`bin/${name}`), 0o755)
  }
  await writeFile(at('state/centre.pem'), centre.publicKey.export({ type: 'spki', format: 'pem' }))
  await tellService({ state: at('state'), data: at('data') })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('packs that the centre lays out', () => {
  it('are shown, not taken, and taken when an administrator accepted exactly them', { timeout: 60_000 }, async () => {
    await lay(3)
    const offer = await offeredBundle(places())
    expect(offer).toMatchObject({ contents: { from: 'District hospital', serial: 3, signedBy: deviceIdOf(centre.publicKey.export({ type: 'spki', format: 'pem' }) as string), packs: [{ id: 'tb-chest', version: '1.1.0' }] } })
    expect(offer!.decision).toBeUndefined()
    expect(await readdir(at('data/updates'))).not.toContain('ready')
    await root()
    expect(await readdir(at('data'))).not.toContain('packs')
    expect(await decideOffer(places(), { sha256: offer!.sha256, decision: 'accepted' })).toMatchObject({ ok: true })
    expect(await offeredBundle(places())).toMatchObject({ decision: 'accepted' })
    expect(await readdir(at('data/updates'))).toContain('ready')
    expect(await root()).toMatchObject({ status: 0, text: expect.stringContaining('taken') as string })
    expect(await readdir(at('data/packs/tb-chest/1.1.0'))).toContain('manifest.json')
    expect(await offeredBundle(places())).toBeUndefined()
  })

  it('are not taken in place of what was accepted', { timeout: 60_000 }, async () => {
    await lay(3)
    const { sha256 } = (await offeredBundle(places()))!
    await decideOffer(places(), { sha256, decision: 'accepted' })
    await lay(4, centre, '1.2.0')
    await root()
    expect(await readdir(at('data'))).not.toContain('packs')
    expect(await decideOffer(places(), { sha256, decision: 'accepted' })).toMatchObject({ ok: false, error: { code: 'bundle-changed' } })
  })

  it('stay away when refused, and the next ones are shown again', { timeout: 60_000 }, async () => {
    await lay(3)
    await decideOffer(places(), { sha256: (await offeredBundle(places()))!.sha256, decision: 'refused' })
    expect(await offeredBundle(places())).toMatchObject({ decision: 'refused' })
    await root()
    expect(await readdir(at('data'))).not.toContain('packs')
    await lay(4, centre, '1.2.0')
    expect((await offeredBundle(places()))!.decision).toBeUndefined()
  })

  it('of another key, or changed, say so in a sentence, show nothing that they claim, and can not be accepted', async () => {
    await lay(3, generateKeyPairSync('ed25519'))
    const foreign = (await offeredBundle(places()))!
    expect(foreign).toMatchObject({ problem: { code: 'bundle-not-trusted' } })
    expect(foreign.contents).toBeUndefined()
    expect(await decideOffer(places(), { sha256: foreign.sha256, decision: 'accepted' })).toMatchObject({ ok: false, error: { code: 'bundle-not-trusted' } })
    await lay(4)
    await cp(at('data/updates/screenpost-packs/bundle.json'), at('data/updates/screenpost-packs/packs/tb-chest/1.1.0/manifest.json'))
    expect(await offeredBundle(places())).toMatchObject({ problem: { code: 'bundle-damaged' } })
    await rm(at('data/centre/centre.pem'))
    expect(await offeredBundle(places())).toMatchObject({ problem: { code: 'no-centre' } })
  })
})
