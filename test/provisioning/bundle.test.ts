import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkPacks, packsInService } from '../../src/inference/packs.js'
import { bundleOfFolder } from '../../src/provisioning/make-bundle.js'
import { openBundle, signBundle } from '../../src/provisioning/signed-bundle.js'
import { checkBundle, takeBundle } from '../../src/provisioning/take-bundle.js'
import { chestPack, writePack } from '../inference/pack-folder.js'

const keys = () => generateKeyPairSync('ed25519')
const pem = (key: ReturnType<typeof keys>): string => key.publicKey.export({ type: 'spki', format: 'pem' }) as string
const centre = keys()
const content = { kind: 'site' as const, from: 'District hospital', createdAt: '2026-11-01T08:00:00Z', serial: 3 }

describe('a bundle of the centre', () => {
  let folder: string
  const at = (path: string): string => join(folder, path)
  const places = () => ({ state: at('state'), data: at('data') })
  const sign = async (change: Partial<Parameters<typeof signBundle>[0]> = {}, key = centre): Promise<void> =>
    writeFile(at('stick/bundle.json'), signBundle({ ...content, ...change }, key.privateKey))
  const check = () => checkBundle(at('stick'), pem(centre), places())
  const code = async (): Promise<string | undefined> => { const result = await check(); return result.ok ? undefined : result.error.code }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-bundle-'))
    await mkdir(at('stick'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is taken only as the trusted centre signed it', async () => {
    await sign({}, keys())
    expect(await code()).toBe('bundle-not-trusted')
    await sign()
    expect(await code()).toBeUndefined()
    const text = await readFile(at('stick/bundle.json'), 'utf8')
    const tampered = text.replace('District hospital', 'District hospitaI')
    expect(tampered).not.toBe(text)
    expect(openBundle(tampered, pem(centre))).toMatchObject({ ok: false, error: { code: 'bundle-not-trusted' } })
    for (const broken of ['', '{}', text.slice(0, -30)]) expect(openBundle(broken, pem(centre))).toMatchObject({ ok: false, error: { code: 'bad-bundle' } })
  })

  it('sets up twenty boxes alike: site file, settings and the centre\'s authority', async () => {
    await sign({ site: { name: 'Clinic 7' }, settings: { formatVersion: 1, timezone: 'Asia/Dhaka' }, centreCa: 'PEM' })
    const checked = await check()
    if (!checked.ok) throw new Error(checked.error.message)
    await takeBundle(at('stick'), checked.value, places())
    expect(JSON.parse(await readFile(at('state/site.json'), 'utf8'))).toEqual({ name: 'Clinic 7' })
    expect(JSON.parse(await readFile(at('data/box/settings.json'), 'utf8'))).toEqual({ formatVersion: 1, timezone: 'Asia/Dhaka' })
    await sign({ serial: 2 })
    expect(await code()).toBe('bundle-older')
    await sign({ settings: { formatVersion: 1, timezone: '../..' } })
    expect(await code()).toBe('bad-settings')
  })

  it('brings a new version of a pack, which serves beside the built-in ones; a damaged file changes nothing', async () => {
    await writePack(at('built-in'), chestPack)
    await writePack(at('stick/packs'), { ...chestPack, version: '1.1.0' })
    await sign({ kind: 'packs', files: await bundleOfFolder(at('stick')) })
    const original = await readFile(at('stick/packs/tb-chest/1.1.0/model.onnx'))
    await writeFile(at('stick/packs/tb-chest/1.1.0/model.onnx'), original.subarray(1))
    expect(await code()).toBe('bundle-damaged')
    await writeFile(at('stick/packs/tb-chest/1.1.0/model.onnx'), original)
    const checked = await check()
    if (!checked.ok) throw new Error(checked.error.message)
    const serving = async () => packsInService(await checkPacks(`${at('built-in')}${delimiter}${at('data/packs')}`)).map(({ id, version }) => `${id}/${version}`)
    expect(await serving()).toEqual(['tb-chest/1.0.0'])
    await mkdir(at('data/packs/.new-tb-chest-1.1.0'), { recursive: true })
    await takeBundle(at('stick'), checked.value, places())
    expect(await serving()).toEqual(['tb-chest/1.1.0'])
    await takeBundle(at('stick'), checked.value, places())
    expect(await serving()).toEqual(['tb-chest/1.1.0'])
    await cp(at('stick/packs/tb-chest/1.1.0'), at('data/packs/tb-chest/1.2.0'), { recursive: true })
    expect(await serving()).toEqual(['tb-chest/1.1.0'])
  })

  it('writes nowhere but where packs and operating points belong', async () => {
    const file = (path: string) => ({ path, bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' })
    expect(() => signBundle({ ...content, files: [file('../audit/x')] }, centre.privateKey)).toThrow()
    await writeFile(at('stick/elsewhere'), '')
    await sign({ kind: 'packs', files: [file('elsewhere')] })
    expect(await code()).toBe('bad-bundle')
  })
})
