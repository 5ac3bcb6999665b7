import { randomUUID } from 'node:crypto'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freeBytes } from '../platform/disk-space.js'
import { fsyncFile, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { Clock } from '../platform/clock.js'
import { readForeignText, unsealFile, UnreadableStickError } from '../uplink/transports/folder/seal.js'
import { EXPORT_ID, MANIFEST, manifestShape, MOST_MANIFEST_BYTES, MOST_OBJECTS, MOST_RECEIPTS_BYTES, OBJECTS, readReceipts, RECEIPTS, signReceipts, STICK_ROOT, type ExportedObject, type Manifest, type StickReceipts } from '../uplink/transports/folder/stick-format.js'
import { admit, alreadyKnown } from './admit.js'
import type { ObjectStore } from './object-store.js'
import { askedAgain, receiptOf } from './relayed-object.js'

export type ImportParts = {
  readonly store: ObjectStore
  readonly clock: Clock
  /** On the store's disk. */
  readonly spoolFolder: string
  /** `AGE-SECRET-KEY-1...` */
  readonly identity: string
  readonly reserveBytes: number
  /** Aborted, it ends after the object in hand; what is not taken stays on the stick for the next time. */
  readonly signal?: AbortSignal
  /** After each object. */
  progress?(now: { readonly exportId: string; readonly done: number; readonly of: number }): void
}
/** One export of a stick; `problems` are objects that could not be taken, in words without patients. */
export type ImportedExport = { readonly folder: string; readonly manifest?: Manifest; readonly taken: number; readonly known: number; readonly problems: readonly string[] }

/**
 * Takes what appliances wrote on a stick: every object is decrypted, compared with its hash and kept durably before the next. An export or an
 * object that is damaged, foreign or dishonest is left and said so; the others go on. Nothing of the stick becomes a path, no link is followed.
 */
export async function importStick(stick: string, parts: ImportParts): Promise<ImportedExport[]> {
  await makeDirectoryDurable(parts.spoolFolder)
  const root = join(stick, STICK_ROOT)
  const names = (await isFolder(root)) ? (await readdir(root)).filter((name) => EXPORT_ID.test(name)).sort() : []
  const imported: ImportedExport[] = []
  for (const name of names) imported.push(await importExport(join(root, name), name, parts))
  return imported
}

async function importExport(folder: string, exportId: string, parts: ImportParts): Promise<ImportedExport> {
  try {
    if (!(await isFolder(folder))) throw new UnreadableStickError('An export on the stick is a link. Use a stick that an appliance wrote.')
    const manifest = await readManifest(folder, exportId, parts.identity)
    const told = await refusalsTold(folder, manifest)
    let [taken, known] = [0, 0]
    const problems: string[] = []
    for (const [index, object] of manifest.objects.entries()) {
      if (parts.signal?.aborted) {
        problems.push(`stopped: ${manifest.objects.length - index} objects are not taken yet. Import the stick again.`)
        break
      }
      const outcome = await importObject(folder, { manifest, object, isTold: told.has(object.file) }, parts)
      if (outcome === 'taken') taken += 1
      else if (outcome === 'known') known += 1
      else problems.push(`object ${object.file.slice(0, 8)}: ${outcome}`)
      parts.progress?.({ exportId, done: index + 1, of: manifest.objects.length })
    }
    return { folder, manifest, taken, known, problems }
  } catch (error) {
    if (error instanceof UnreadableStickError) return { folder, taken: 0, known: 0, problems: [error.message] }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { folder, taken: 0, known: 0, problems: ['It has no manifest: the export was not finished. Plug the stick into the appliance again.'] }
    throw error
  }
}

async function readManifest(folder: string, exportId: string, identity: string): Promise<Manifest> {
  const parts: Uint8Array[] = []
  await unsealFile(join(folder, MANIFEST), { identity, mostBytes: MOST_MANIFEST_BYTES, take: (chunk) => { parts.push(Uint8Array.from(chunk)) } })
  const manifest = parse(Buffer.concat(parts).toString('utf8'))
  if (!manifest || manifest.exportId !== exportId || manifest.objects.length > MOST_OBJECTS) throw new UnreadableStickError('The manifest is not one of this version. Update the relay or the appliance.')
  return manifest
}

function parse(text: string): Manifest | undefined {
  try {
    return manifestShape.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Of which objects the receipts on the stick say already that the PACS refused them. */
async function refusalsTold(folder: string, manifest: Manifest): Promise<ReadonlySet<string>> {
  const text = await readForeignText(join(folder, RECEIPTS), MOST_RECEIPTS_BYTES).catch(() => '')
  return new Set(readReceipts(text, manifest)?.receipts.filter(({ state }) => state === 'refused').map(({ file }) => file))
}

type Entry = { readonly manifest: Manifest; readonly object: ExportedObject; readonly isTold: boolean }
const clinicOf = ({ clinic }: Manifest): string => `stick:${clinic}`

async function importObject(folder: string, { manifest, object, isTold }: Entry, { store, clock, spoolFolder, identity, reserveBytes }: ImportParts): Promise<'taken' | 'known' | string> {
  const { file, bytes, ...head } = object
  const clinic = clinicOf(manifest)
  const known = alreadyKnown(store, clinic, head)
  if (known && !known.ok) return known.error.message
  if (known) {
    if (known.value.state === 'refused' && !isTold) await store.change(known.value, askedAgain)
    return 'known'
  }
  if ((await freeBytes(spoolFolder)) - bytes < reserveBytes) return 'The disk of the relay is full. Make room there and import again.'
  const path = join(spoolFolder, `import-${randomUUID()}.dcm`)
  try {
    const folderOfObjects = join(folder, OBJECTS)
    if (!(await isFolder(folderOfObjects))) return 'It is not on the stick. Plug the stick into the appliance again.'
    await unsealTo(path, join(folderOfObjects, file), { identity, bytes })
    const admitted = await admit(path, { ...head, clinic }, { store, clock })
    return admitted.ok ? 'taken' : admitted.error.message
  } catch (error) {
    if (error instanceof UnreadableStickError) return error.message
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'It is not on the stick. Plug the stick into the appliance again.'
    throw error
  } finally {
    await rm(path, { force: true })
  }
}

async function unsealTo(path: string, sealed: string, { identity, bytes }: { readonly identity: string; readonly bytes: number }): Promise<void> {
  const out = await open(path, 'wx', 0o600)
  try {
    await unsealFile(sealed, { identity, mostBytes: bytes, take: (chunk) => out.appendFile(chunk) })
  } finally {
    await out.close()
  }
  await fsyncFile(path)
}

/** How each object of an export stands, signed, onto the stick. Durable on return. */
export async function writeReceipts({ folder, manifest }: ImportedExport, { store, clock }: Pick<ImportParts, 'store' | 'clock'>): Promise<StickReceipts | undefined> {
  if (!manifest) return undefined
  const receipts = manifest.objects.flatMap(({ file, sha256, sopInstanceUid }) => {
    const record = store.find(clinicOf(manifest), sopInstanceUid)
    if (record?.sha256 !== sha256) return []
    const { sopInstanceUid: _uid, ...receipt } = receiptOf(record)
    return [{ ...receipt, file }]
  })
  const written: StickReceipts = { version: 1, exportId: manifest.exportId, at: clock.now().toISOString(), receipts }
  await writeFileDurable(join(folder, RECEIPTS), signReceipts(written, manifest.receiptKey))
  return written
}

/** Nothing of an import waits for the PACS any more. */
export const isSettled = (imported: readonly ImportedExport[], store: ObjectStore): boolean => imported.every(({ manifest }) =>
  (manifest?.objects ?? []).every(({ sopInstanceUid }) => ['committed', 'refused', undefined].includes(store.find(clinicOf(manifest!), sopInstanceUid)?.state)))

const isFolder = async (path: string): Promise<boolean> => (await lstat(path).catch(() => undefined))?.isDirectory() ?? false
