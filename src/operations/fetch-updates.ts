import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { freeBytes } from '../platform/disk-space.js'
import { fsyncDirectory, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'

export type FetchUpdates = { readonly url: string; /** Where they lie until root takes them: `<data>/updates`. */ readonly folder: string; readonly bytesPerSecond?: number; readonly signal?: AbortSignal }
export type Fetched = { readonly system?: string; readonly packs?: number }

/** `update.json` beside `update.raucb`, and what a signed bundle lists; both are checked again by whoever takes them. */
const systemShape = z.object({ version: z.string().min(1).max(64), bytes: z.int().min(1).max(8e9), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
const bundleShape = z.object({ payload: z.string() })
const payloadShape = z.object({ serial: z.int(), files: z.array(z.object({ path: z.string().regex(/^(?!.*\.\.)[\w.-]+(\/[\w.-]+)*$/), bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) })).max(10_000) })

const ANSWER_WITHIN_MS = 60_000
const SILENT_MS = 120_000
/** `update.json` is a line; a bundle lists its files, at most 10,000. */
const MOST_DOCUMENT_BYTES = 8 * 1024 * 1024
/** Left free beside what is fetched: images go first. */
const KEEP_FREE_BYTES = 2e9

/**
 * Fetches what the centre has laid out and this box does not have: `update.raucb`, and the files of `screenpost-packs/bundle.json`. What broke off goes on
 * where it stopped, after a power cut too; a file is used only when length and SHA-256 are right. `ready`, written last, has root take
 * a system update; packs wait for an administrator (`provisioning/offered-bundle.ts`). Problems: `no-updates`, `bad-updates`.
 */
export async function fetchUpdates(options: FetchUpdates): Promise<Result<Fetched, Problem>> {
  await makeDirectoryDurable(options.folder)
  const source = sourceOf(options)
  try {
    const [system, packs] = [await fetchSystem(options, source), await fetchPacks(options, source)]
    const fetched = { ...(system === undefined ? {} : { system }), ...(packs === undefined ? {} : { packs }) }
    if (system !== undefined) await writeFileDurable(join(options.folder, 'ready'), Buffer.from(`${JSON.stringify(fetched)}\n`))
    return ok(fetched)
  } catch (error) {
    if (error instanceof Unfit) return err(problem('bad-updates', error.message))
    return err(problem('no-updates', `${source.shown} can not be reached or broke off. What has come is kept; the next time goes on from there.`))
  }
}

class Unfit extends Error {}

type Source = { readonly shown: string; get(path: string, range?: number): Promise<Response> }

function sourceOf({ url, signal }: FetchUpdates): Source {
  const base = new URL(url.endsWith('/') ? url : `${url}/`)
  const secret: Record<string, string> = base.username === '' ? {} : { authorization: `Basic ${Buffer.from(`${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`).toString('base64')}` }
  base.username = ''
  base.password = ''
  return {
    shown: base.host,
    async get(path, from = 0) {
      const begun = AbortSignal.timeout(from === 0 && path.endsWith('.json') ? ANSWER_WITHIN_MS : 24 * 3_600_000)
      const answer = await fetch(new URL(path, base), { headers: { ...secret, ...(from > 0 ? { range: `bytes=${from}-` } : {}) }, signal: signal ? AbortSignal.any([signal, begun]) : begun })
      if (answer.ok || answer.status === 404 || answer.status === 416) return answer
      throw new Unfit(`${base.host} answers HTTP ${answer.status}. Check the address, name and password of \`updates\` in the site file.`)
    }
  }
}

/** A small JSON document; undefined where there is none. */
async function jsonOf(source: Source, path: string): Promise<{ text: string; value: unknown } | undefined> {
  const answer = await source.get(path)
  if (answer.status === 404) return undefined
  const text = answer.body ? await textOf(answer.body) : ''
  if (text === undefined) throw new Unfit(`${path} of ${source.shown} is too large. Make it anew.`)
  try {
    return { text, value: JSON.parse(text) }
  } catch {
    throw new Unfit(`${path} of ${source.shown} is not JSON. Make it anew.`)
  }
}

/** A body as text; of one that is too large no more is read than shows it, and it is undefined. */
async function textOf(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of heard(body)) {
    bytes += piece.length
    if (bytes > MOST_DOCUMENT_BYTES) return undefined
    pieces.push(piece)
  }
  return new TextDecoder().decode(Buffer.concat(pieces))
}

async function fetchSystem(options: FetchUpdates, source: Source): Promise<string | undefined> {
  const found = await jsonOf(source, 'update.json')
  if (!found) return undefined
  const wanted = systemShape.safeParse(found.value)
  if (!wanted.success) throw new Unfit(`update.json of ${source.shown} is not in order. It holds version, bytes and sha256 of update.raucb.`)
  const had = await readFile(join(options.folder, 'system.json'), 'utf8').catch(() => '')
  if (had.includes(wanted.data.sha256)) return undefined
  await download(options, source, { ...wanted.data, path: 'update.raucb', to: join(options.folder, 'update.raucb') })
  await writeFileDurable(join(options.folder, 'system.json'), Buffer.from(JSON.stringify(wanted.data)))
  return wanted.data.version
}

async function fetchPacks(options: FetchUpdates, source: Source): Promise<number | undefined> {
  const found = await jsonOf(source, 'screenpost-packs/bundle.json')
  const folder = join(options.folder, 'screenpost-packs')
  if (!found || found.text === await readFile(join(folder, 'bundle.json'), 'utf8').catch(() => '')) return undefined
  const bundle = bundleShape.safeParse(found.value)
  const payload = bundle.success ? payloadShape.safeParse(parse(bundle.data.payload)) : undefined
  if (!payload?.success) throw new Unfit(`screenpost-packs/bundle.json of ${source.shown} is no bundle. Sign it with \`screenpost update sign\`.`)
  for (const file of payload.data.files) {
    const to = join(folder, file.path)
    await makeDirectoryDurable(dirname(to))
    if (await isWhole(to, file)) continue
    await download(options, source, { ...file, path: `screenpost-packs/${file.path}`, to })
  }
  await makeDirectoryDurable(folder)
  await writeFileDurable(join(folder, 'bundle.json'), Buffer.from(found.text))
  return payload.data.serial
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Wanted = { readonly path: string; readonly to: string; readonly bytes: number; readonly sha256: string }

/** Into `<to>.<sha256>.part`, which outlives a broken line and a power cut; the parts of other versions are removed. */
async function download(options: FetchUpdates, source: Source, wanted: Wanted): Promise<void> {
  const { to, bytes, sha256 } = wanted
  const part = `${to}.${sha256.slice(0, 16)}.part`
  const name = to.slice(dirname(to).length + 1)
  for (const other of await readdir(dirname(to))) if (other.startsWith(`${name}.`) && other.endsWith('.part') && join(dirname(to), other) !== part) await rm(join(dirname(to), other))
  const had = await stat(part).then(({ size }) => size, () => 0)
  if (await freeBytes(options.folder) < bytes - had + KEEP_FREE_BYTES) throw new Unfit('There is not enough room on the disk for what the centre has laid out. Make room first; images go before updates.')
  if (had < bytes) await append(options, source, { ...wanted, part, had })
  if (!(await isWhole(part, { bytes, sha256 }))) {
    await rm(part, { force: true })
    throw new Unfit(`${wanted.path} of ${source.shown} is not what its description says (length or SHA-256). It is fetched anew the next time.`)
  }
  await rename(part, to)
  await fsyncDirectory(dirname(to))
}

async function append({ bytesPerSecond }: FetchUpdates, source: Source, { path, part, had, bytes }: Wanted & { readonly part: string; readonly had: number }): Promise<void> {
  const answer = await source.get(path, had)
  if (answer.status === 404 || !answer.body) throw new Unfit(`${path} is missing at ${source.shown}. Lay it beside its description.`)
  // A server that knows no ranges begins at the beginning.
  const at = answer.status === 206 ? had : 0
  const file = await open(part, at > 0 ? 'r+' : 'w')
  try {
    let written = at
    for await (const piece of heard(answer.body)) {
      written += piece.length
      if (written > bytes) break
      await file.write(piece, 0, piece.length, written - piece.length)
      if (bytesPerSecond !== undefined) await sleep((piece.length / bytesPerSecond) * 1000)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The pieces of a body; silence of two minutes is a broken line. */
async function* heard(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const silence = new AbortController()
      const next = await Promise.race([reader.read(), sleep(SILENT_MS, undefined, { signal: silence.signal, ref: false }).then(() => { throw new Error('silent') })]).finally(() => silence.abort())
      if (next.done) return
      yield next.value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function isWhole(path: string, { bytes, sha256 }: Pick<Wanted, 'bytes' | 'sha256'>): Promise<boolean> {
  const size = await stat(path).then((found) => found.size, () => -1)
  if (size !== bytes) return false
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex') === sha256
}
