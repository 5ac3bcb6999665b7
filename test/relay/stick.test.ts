import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/platform/clock.js'
import { importStick, isSettled, writeReceipts, type ImportParts } from '../../src/relay/import-stick.js'
import { ObjectStore } from '../../src/relay/object-store.js'
import { folderTransport } from '../../src/uplink/transports/folder/folder.js'
import { sealFile } from '../../src/uplink/transports/folder/seal.js'
import { readReceipts, signReceipts } from '../../src/uplink/transports/folder/stick-format.js'
import { fixedClock } from '../fakes/fixed-clock.js'
import { waitFor } from '../flows/appliance.js'
import { describeWith } from '../flows/peers.js'
import { film, heldOf, terms, transportHost } from '../uplink/transports/cargo.js'
import { relayHouse } from './relay-house.js'

const run = promisify(execFile)
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const films = ['7.1', '7.2', '7.3'].map((uid) => film(uid))
const signal = new AbortController().signal

async function folder(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`))
  closers.push(() => rm(path, { recursive: true, force: true }))
  return path
}

async function clinic(stick: string, more: Record<string, unknown> = {}, clock = fixedClock()) {
  const parsed = folderTransport.parseOptions({ folder: stick, recipient, clinic: 'hill', sameDisk: true, ...more }, { callingAeTitle: 'X' })
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join())
  const host = await transportHost()
  closers.push(() => host.remove())
  const reopen = () => folderTransport.open(parsed.value, { ...host, clock })
  return { host, transport: reopen(), reopen, clock }
}

async function centre(store?: ObjectStore): Promise<ImportParts> {
  const root = await folder('centre')
  return { store: store ?? (await ObjectStore.open(join(root, 'objects'))), clock: systemClock, spoolFolder: join(root, 'spool'), identity, reserveBytes: 0 }
}

const exportOf = async (stick: string): Promise<string> => join(stick, 'screenpost', (await readdir(join(stick, 'screenpost')))[0]!)
const kinds = (answers: readonly { readonly kind: string }[]) => answers.map(({ kind }) => kind)

describe('a stick', () => {
  it('carries objects to the centre and receipts back', { timeout: 20_000 }, async () => {
    const stick = await folder('stick')
    const { transport } = await clinic(stick)
    expect(kinds((await transport.send(films, terms())).answers)).toEqual(['stored', 'stored', 'stored'])
    const { relay, pacs, dataFolder } = await relayHouse(closers)
    const parts = { store: relay.store, clock: systemClock, spoolFolder: join(dataFolder, 'spool'), identity, reserveBytes: 0 }
    const imported = await importStick(stick, parts)
    expect(imported).toMatchObject([{ taken: 3, known: 0, problems: [] }])
    await waitFor(() => (isSettled(imported, relay.store) ? true : undefined), { timeoutMs: 10_000, hint: () => 'the PACS did not commit' })
    await writeReceipts(imported[0]!, parts)
    expect([...pacs.received].sort()).toEqual(['7.1', '7.2', '7.3'])
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ ok: true, value: { committed: ['7.1', '7.2', '7.3'], missing: [], heldByRelay: [] } })
    expect(await readdir(join(stick, 'screenpost'))).toEqual([])
  })

  it('names nobody in clear, and shows nothing to whom it is not for', async () => {
    const stick = await folder('stick')
    await (await clinic(stick)).transport.send(films, terms())
    const names = await readdir(stick, { recursive: true, withFileTypes: true })
    for (const entry of names.filter((one) => one.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name))
      expect(entry.name).toMatch(/^(manifest|[0-9a-f]{32})\.age$/)
      // Long enough never to stand in random bytes by chance, as '7.1' did once.
      for (const secret of ['PHANTOM', 'sopInstanceUid', '"7.1"', '"hill"']) expect(bytes.includes(secret)).toBe(false)
    }
    const stranger = { ...(await centre()), identity: await generateX25519Identity() }
    expect(await importStick(stick, stranger)).toMatchObject([{ taken: 0, problems: [expect.stringContaining('another centre')] }])
  })

  it('stopped by hand keeps what it took, says what is left on the stick, and takes the rest the next time', async () => {
    const stick = await folder('stick')
    await (await clinic(stick)).transport.send(films, terms())
    const [stop, parts, said] = [new AbortController(), await centre(), [] as string[]]
    const first = await importStick(stick, { ...parts, signal: stop.signal, progress({ done, of }) { said.push(`${done} of ${of}`); stop.abort() } })
    expect([first, said]).toMatchObject([[{ taken: 1, problems: [expect.stringContaining('2 objects are not taken yet')] }], ['1 of 3']])
    expect(await importStick(stick, parts)).toMatchObject([{ taken: 2, known: 1, problems: [] }])
  })

  it('is held by the relay until its PACS has it', async () => {
    const stick = await folder('stick')
    const { transport } = await clinic(stick)
    await transport.send(films, terms())
    const parts = await centre()
    const [imported] = await importStick(stick, parts)
    await writeReceipts(imported!, parts)
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { committed: [], heldByRelay: ['7.1', '7.2', '7.3'], missing: [] } })
    expect(await importStick(stick, parts)).toMatchObject([{ taken: 0, known: 3 }])
  })

  it('goes on where it was pulled in the middle, and a second stick begins its own', async () => {
    const [first, second] = [await folder('stick'), await folder('stick')]
    const { transport, reopen } = await clinic(first)
    await transport.send(films.slice(0, 1), terms())
    await rename(first, `${first}.pulled`)
    const pulled = await transport.send(films.slice(1), terms())
    expect(pulled.problem?.code).toBe('no-stick')
    expect(kinds(pulled.answers)).toEqual(['untouched', 'untouched'])
    await rename(`${first}.pulled`, first)
    expect(kinds((await reopen().send(films.slice(1), terms())).answers)).toEqual(['stored', 'stored'])
    expect(await readdir(join(first, 'screenpost'))).toHaveLength(1)
    expect(await importStick(first, await centre())).toMatchObject([{ taken: 3, problems: [] }])
    await cp(second, first, { recursive: true })
    const other = await clinic(second)
    await other.transport.send([film('7.4')], terms())
    expect(await importStick(second, await centre())).toMatchObject([{ taken: 1 }])
  })

  it('gets one export of two lanes that write at once', async () => {
    const stick = await folder('stick')
    const { transport } = await clinic(stick)
    const both = await Promise.all([transport.send(films.slice(0, 1), terms()), transport.send(films.slice(1), terms())])
    expect(both.flatMap(({ answers }) => kinds(answers))).toEqual(['stored', 'stored', 'stored'])
    expect(await importStick(stick, await centre())).toMatchObject([{ taken: 3, problems: [] }])
  })

  it('that is lost is made good by the next, when no word came of it for weeks', async () => {
    const [lost, next] = [await folder('stick'), await folder('stick')]
    const { transport, host, clock } = await clinic(lost)
    await transport.send(films, terms())
    const parsed = folderTransport.parseOptions({ folder: next, recipient, sameDisk: true }, { callingAeTitle: 'X' })
    const later = folderTransport.open(parsed.ok ? parsed.value : (undefined as never), { ...host, clock })
    expect(await later.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { missing: [] } })
    clock.advance(15 * 24 * 3_600_000)
    expect(await later.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { missing: ['7.1', '7.2', '7.3'] } })
  })

  it('brings back what the PACS refused, with its words, and takes it anew when a person sends it again', { timeout: 60_000 }, async () => {
    const stick = await folder('stick')
    const { transport, clock } = await clinic(stick)
    const { pacs, relay, dataFolder } = await relayHouse(closers, { behaviour: (uid) => (uid === '7.2' ? 0xc000 : 0) })
    const parts = { store: relay.store, clock: systemClock, spoolFolder: join(dataFolder, 'import'), identity, reserveBytes: 0 }
    const centreTakes = async () => {
      const imported = await importStick(stick, parts)
      await waitFor(() => (isSettled(imported, relay.store) ? true : undefined), { timeoutMs: 15_000, hint: () => 'the PACS did not answer' })
      for (const one of imported) await writeReceipts(one, parts)
    }
    const said = async () => {
      const answer = await transport.confirm!(films.map(heldOf), signal)
      if (!answer.ok) throw new Error(answer.error.code)
      return answer.value
    }
    await transport.send(films, terms())
    await centreTakes()
    expect(await said()).toMatchObject({ committed: ['7.1', '7.3'], heldByRelay: [], missing: [], refused: [{ sopInstanceUid: '7.2', problem: { code: 'refused', message: expect.stringContaining('C000') as string } }] })
    const asked = () => pacs.received.filter((uid) => uid === '7.2').length
    const before = asked()
    await centreTakes()
    expect(asked()).toBe(before)
    pacs.behaviour = () => 0
    clock.advance(60_000)
    expect(kinds((await transport.send([films[1]!], terms())).answers)).toEqual(['stored'])
    expect(await said()).toMatchObject({ committed: ['7.1', '7.3'], heldByRelay: [], missing: [], refused: [] })
    clock.advance(15 * 24 * 3_600_000)
    expect(await said()).toMatchObject({ missing: ['7.2'], refused: [] })
    await centreTakes()
    expect(await said()).toMatchObject({ committed: ['7.1', '7.2', '7.3'], heldByRelay: [], missing: [], refused: [] })
  })

  it('is not the appliance\'s own disk', async () => {
    const stick = await folder('stick')
    const { transport, host } = await clinic(stick, { sameDisk: false })
    await rm(host.stateFolder, { recursive: true })
    expect(await transport.probe(signal)).toMatchObject({ ok: false, error: { code: 'no-stick' } })
    expect((await transport.send(films, terms())).problem?.code).toBe('no-stick')
  })
})

describe('a stick that is not to be trusted', () => {
  const written = async () => {
    const stick = await folder('stick')
    await (await clinic(stick)).transport.send(films, terms())
    const path = await exportOf(stick)
    const [object] = (await readdir(join(path, 'objects'))).sort()
    return { stick, path, object: join(path, 'objects', object!) }
  }
  const seal = (path: string, manifest: unknown) => rm(path, { force: true }).then(() => sealFile(path, Buffer.from(JSON.stringify(manifest)), recipient))
  const entry = (more: Record<string, unknown>) => ({ file: `${'a'.repeat(32)}.age`, sha256: 'b'.repeat(64), bytes: 10, sopClassUid: '1.2', sopInstanceUid: '1.3', transferSyntaxUid: '1.4', ...more })

  it('has one object damaged: it is written anew on the same stick, when no word came of it for weeks', async () => {
    const stick = await folder('stick')
    const { transport, clock } = await clinic(stick)
    await transport.send(films, terms())
    const objects = join(await exportOf(stick), 'objects')
    const [first] = (await readdir(objects)).sort()
    await truncate(join(objects, first!), 100)
    const parts = await centre()
    const [imported] = await importStick(stick, parts)
    expect(imported).toMatchObject({ taken: 2, problems: [expect.stringContaining('damaged')] })
    await writeReceipts(imported!, parts)
    clock.advance(15 * 24 * 3_600_000)
    const said = await transport.confirm!(films.map(heldOf), signal)
    const missing = films.filter(({ sopInstanceUid }) => said.ok && said.value.missing.includes(sopInstanceUid))
    expect(missing.length).toBe(1)
    await transport.send(missing, terms())
    expect(await importStick(stick, parts)).toMatchObject([{ taken: 1, known: 2, problems: [] }])
  })

  it('has one object damaged: the others are taken', async () => {
    const { stick, object } = await written()
    await truncate(object, 3000)
    expect(await importStick(stick, await centre())).toMatchObject([{ taken: 2, problems: [expect.stringContaining('damaged')] }])
  })

  it('has a link in place of an object, a manifest or an export: none is followed', async () => {
    const one = await written()
    await rm(one.object)
    await symlink('/etc/passwd', one.object)
    expect(await importStick(one.stick, await centre())).toMatchObject([{ taken: 2, problems: [expect.stringContaining('link')] }])
    const two = await written()
    await rename(join(two.path, 'manifest.age'), join(two.stick, 'elsewhere'))
    await symlink(join(two.stick, 'elsewhere'), join(two.path, 'manifest.age'))
    expect(await importStick(two.stick, await centre())).toMatchObject([{ taken: 0, problems: [expect.stringContaining('link')] }])
    const three = await written()
    await rename(three.path, join(three.stick, 'outside'))
    await symlink(join(three.stick, 'outside'), three.path)
    expect(await importStick(three.stick, await centre())).toMatchObject([{ taken: 0, problems: [expect.stringContaining('link')] }])
  })

  it('has a pipe in place of an object: nobody waits for it', async () => {
    const { stick, object } = await written()
    await rm(object)
    await run('mkfifo', [object])
    expect(await importStick(stick, await centre())).toMatchObject([{ taken: 2, problems: [expect.stringContaining('no file')] }])
  })

  it.each([
    { file: '../../../../etc/passwd' }, { file: `${'a'.repeat(31)}/.age` }, { bytes: 2 ** 40 }, { bytes: -1 }, { sopInstanceUid: '../x' }, { sopInstanceUid: `1.${'2'.repeat(80)}` }, { sha256: 'x' }
  ])('has a manifest that says %o', async (lie) => {
    const { stick, path } = await written()
    const exportId = path.split('/').at(-1)!
    await seal(join(path, 'manifest.age'), { version: 1, exportId, clinic: 'hill', createdAt: '', receiptKey: 'a'.repeat(64), objects: [entry(lie)] })
    expect(await importStick(stick, await centre())).toMatchObject([{ taken: 0, problems: [expect.stringContaining('not one of this version')] }])
  })

  it('says less of an object than there is: it is not read to its end', async () => {
    const { stick, path, object } = await written()
    const exportId = path.split('/').at(-1)!
    const file = object.split('/').at(-1)!
    await seal(join(path, 'manifest.age'), { version: 1, exportId, clinic: 'hill', createdAt: '', receiptKey: 'a'.repeat(64), objects: [entry({ file, bytes: 5000 })] })
    expect(await importStick(stick, await centre())).toMatchObject([{ taken: 0, problems: [expect.stringMatching(/more than its manifest|larger than/)] }])
  })

  it('is the export of another under this one\'s name', async () => {
    const [one, two] = [await written(), await written()]
    await rm(one.path, { recursive: true })
    await cp(two.path, one.path, { recursive: true })
    expect(await importStick(one.stick, await centre())).toMatchObject([{ taken: 0 }])
  })

  it('survives any bytes as a manifest or an object', { timeout: 60_000 }, async () => {
    const { stick, path, object } = await written()
    const good = await readFile(object)
    const manifest = await readFile(join(path, 'manifest.age'))
    await fc.assert(fc.asyncProperty(fc.constantFrom('manifest', 'object'), fc.nat(4000), fc.uint8Array({ minLength: 1, maxLength: 40 }), async (what, at, noise) => {
      const source = Buffer.from(what === 'object' ? good : manifest)
      source.set(noise.subarray(0, Math.max(0, source.length - at)), Math.min(at, source.length - 1))
      await writeFile(object, what === 'object' ? source : good)
      await writeFile(join(path, 'manifest.age'), what === 'object' ? manifest : source)
      const [imported] = await importStick(stick, await centre())
      expect(imported!.taken + imported!.problems.length).toBeGreaterThan(0)
    }), { numRuns: 40 })
  })
})

describe('receipts', () => {
  const key = { exportId: 'a'.repeat(32), receiptKey: 'c'.repeat(64) }
  const receipts = { version: 1 as const, exportId: key.exportId, at: '2026-03-01T00:00:00.000Z', receipts: [{ file: `${'d'.repeat(32)}.age`, sha256: 'e'.repeat(64), state: 'committed' as const }] }

  it('are believed only as they were signed, for this export, with its key', () => {
    const text = signReceipts(receipts, key.receiptKey)
    expect(readReceipts(text, key)).toEqual(receipts)
    expect(readReceipts(text, { ...key, exportId: 'b'.repeat(32) })).toBeUndefined()
    expect(readReceipts(text, { ...key, receiptKey: 'f'.repeat(64) })).toBeUndefined()
    expect(readReceipts(text.replace('committed', 'accepted'), key)).toBeUndefined()
  })

  it('survive any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.record({ payload: fc.string(), hmacSha256: fc.string() }).map((value) => JSON.stringify(value))), (text) => {
      expect(readReceipts(text, key)).toBeUndefined()
    }))
  })

  it('of another appliance, replayed or of a held state do no harm', async () => {
    const stick = await folder('stick')
    const { transport } = await clinic(stick)
    await transport.send(films, terms())
    const parts = await centre()
    const [imported] = await importStick(stick, parts)
    await writeReceipts(imported!, parts)
    const path = join(await exportOf(stick), 'receipts.json')
    const held = await readFile(path)
    for (const { sopInstanceUid } of films) await parts.store.change({ clinic: 'stick:hill', sopInstanceUid }, (now) => ({ ...now, state: sopInstanceUid === '7.3' ? 'held' : 'committed' }))
    await writeReceipts(imported!, parts)
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { committed: ['7.1', '7.2'] } })
    await writeFile(path, held)
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { committed: ['7.1', '7.2'], missing: [] } })
    const other = await clinic(stick)
    expect(await other.transport.confirm!([], signal)).toMatchObject({ ok: true, value: { committed: [] } })
    await mkdir(join(stick, 'screenpost', 'f'.repeat(32)))
    await cp(path, join(stick, 'screenpost', 'f'.repeat(32), 'receipts.json'))
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ value: { committed: ['7.1', '7.2'] } })
  })
})

describeWith(['age'], 'Debian\'s age', () => {
  it('opens what an appliance wrote', async () => {
    const stick = await folder('stick')
    await (await clinic(stick)).transport.send(films, terms())
    const path = await exportOf(stick)
    await writeFile(join(stick, 'key.txt'), `${identity}\n`)
    const open = (file: string) => run('age', ['--decrypt', '-i', join(stick, 'key.txt'), file], { encoding: 'buffer', maxBuffer: 1e8 }).then(({ stdout }) => stdout)
    const manifest = JSON.parse((await open(join(path, 'manifest.age'))).toString()) as { objects: { file: string; sha256: string }[] }
    expect(manifest.objects).toHaveLength(3)
    for (const { file, sha256 } of manifest.objects) {
      expect(createHash('sha256').update(await open(join(path, 'objects', file))).digest('hex')).toBe(sha256)
    }
  })
})
