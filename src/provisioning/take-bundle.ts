import { createHash } from 'node:crypto'
import { copyFile, lchown, lstat, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { fsyncDirectory, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { parseBoxSettings } from './box-settings.js'
import { openBundle } from './signed-bundle.js'
import type { BundlePayload } from './signed-bundle.js'

/** Where a bundle's parts go: `state` is root's folder (the site file), `data` the service's (packs, operating points, settings). */
export type BundlePlaces = { readonly state: string; readonly data: string }

/**
 * Reads `<folder>/bundle.json`, checks its signature and every file's hash, and answers what taking it would do; nothing changes.
 * Problems: those of `openBundle`, `bundle-damaged`, `bundle-older`, `bad-settings`.
 */
export async function checkBundle(folder: string, trustedPem: string, places: BundlePlaces): Promise<Result<BundlePayload, Problem>> {
  return checkBundleText(await readFile(join(folder, 'bundle.json'), 'utf8').catch(() => ''), trustedPem, { folder, places })
}

/** The same for a bundle whose text was read already; its files, if it has any, lie in `folder`. */
export async function checkBundleText(text: string, trustedPem: string, { folder, places }: { folder: string; places: BundlePlaces }): Promise<Result<BundlePayload, Problem>> {
  const opened = openBundle(text, trustedPem)
  if (!opened.ok) return opened
  const bundle = opened.value
  for (const file of bundle.files) {
    const bytes = await readFile(join(folder, file.path)).catch(() => undefined)
    if (bytes?.length !== file.bytes || createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
      return err(problem('bundle-damaged', `${file.path} is missing or damaged in the bundle. Copy it again; what is here already is kept.`))
    }
  }
  const misplaced = bundle.files.find(({ path }) => !/^(packs\/[a-z0-9-]+\/\d+\.\d+\.\d+\/|thresholds\/)/.test(path))
  if (misplaced) return err(problem('bad-bundle', `${misplaced.path}: expected packs/<id>/<version>/... or thresholds/<id>.json`))
  if (bundle.settings) {
    const settings = parseBoxSettings(bundle.settings)
    if (!settings.ok) return err(settings.error[0] as Problem)
  }
  const last = await lastSerial(places, bundle.kind)
  if (bundle.serial < last) return err(problem('bundle-older', `Bundle ${bundle.serial} is older than bundle ${last}, which this box has taken. Ask the centre for the newest one.`))
  return ok(bundle)
}

/**
 * Takes a checked bundle. A pack's folder appears whole or not at all, a version that is there is left alone; after a power cut
 * taking it again finishes what was begun. Nothing is removed: the older pack goes on when the new one does not pass its golden cases.
 */
export async function takeBundle(folder: string, bundle: BundlePayload, places: BundlePlaces): Promise<void> {
  for (const pack of packFolders(bundle)) await takePack(folder, pack, bundle, places)
  for (const { path } of bundle.files.filter((file) => file.path.startsWith('thresholds/'))) {
    await makeDirectoryDurable(join(places.data, 'thresholds'))
    await writeFileDurable(join(places.data, path), await readFile(join(folder, path)))
  }
  await makeDirectoryDurable(places.state)
  if (bundle.site) await writeFileDurable(join(places.state, 'site.json'), json(bundle.site))
  if (bundle.centreCa) await writeFileDurable(join(places.state, 'centre-ca.pem'), Buffer.from(bundle.centreCa))
  if (bundle.settings) {
    await makeDirectoryDurable(join(places.data, 'box'))
    await writeFileDurable(join(places.data, 'box/settings.json'), json(bundle.settings))
  }
  await giveToService(places.data, ['packs', 'thresholds', 'box'])
  await writeFileDurable(serialFile(places, bundle.kind), json({ serial: bundle.serial, from: bundle.from, createdAt: bundle.createdAt }))
  await tellService(places)
}

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, undefined, 1)}\n`)
const packFolders = ({ files }: BundlePayload): string[] => [...new Set(files.filter(({ path }) => path.startsWith('packs/')).map(({ path }) => path.split('/').slice(0, 3).join('/')))]

async function takePack(folder: string, pack: string, { files }: BundlePayload, { data }: BundlePlaces): Promise<void> {
  const to = join(data, pack)
  if (await readFile(join(to, 'manifest.json')).then(() => true, () => false)) return
  const making = join(data, 'packs', `.new-${pack.split('/').slice(1).join('-')}`)
  await rm(making, { recursive: true, force: true })
  for (const { path } of files.filter((file) => file.path.startsWith(`${pack}/`))) {
    const target = join(making, path.slice(pack.length + 1))
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(folder, path), target)
    await writeFileDurable(target, await readFile(target))
  }
  await mkdir(dirname(to), { recursive: true })
  await rename(making, to)
  await fsyncDirectory(dirname(to))
}

const serialFile = ({ state }: BundlePlaces, kind: string): string => join(state, `bundle-${kind}.json`)

/** Number of the newest bundle of a kind that was taken; 0 before the first. */
export async function lastSerial(places: BundlePlaces, kind: string): Promise<number> {
  const text = await readFile(serialFile(places, kind), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { serial?: number }).serial ?? 0
}

const TOLD = ['centre.pem', 'bundle-packs.json']

/**
 * The service can not look into root's folder: the centre's public key and the number of the packs taken are laid into `<data>/centre`, for the page that
 * shows what is offered. What is taken is decided by root's own.
 */
export async function tellService({ state, data }: BundlePlaces): Promise<void> {
  for (const name of TOLD) {
    const said = await readFile(join(state, name)).catch(() => undefined)
    if (!said) continue
    await makeDirectoryDurable(join(data, 'centre'))
    await writeFileDurable(join(data, 'centre', name), said)
    await giveToService(data, ['centre'])
  }
}

/** What root wrote into the service's folder belongs to the service. Links are never followed. */
async function giveToService(data: string, names: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(data)
  const give = async (path: string): Promise<void> => {
    const found = await lstat(path).catch(() => undefined)
    if (!found) return
    await lchown(path, uid, gid)
    if (found.isDirectory()) for (const name of await readdir(path)) await give(join(path, name))
  }
  for (const name of names) await give(join(data, name))
}
