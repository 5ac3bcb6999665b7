import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import type { Upload } from '@tus/server'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { freeBytes } from '../platform/disk-space.js'
import { fsyncFile, makeDirectoryDurable } from '../platform/durable-fs.js'
import type { WebDependencies, WebLimits } from './dependencies.js'
import type { Caller, Route, RouteRequest } from './route.js'
import { saidTo } from './said.js'
import { limitSilence } from './silence.js'
import { NO_ROOM, UnfinishedUploads } from './unfinished-uploads.js'
import { FULL, checkFields, deliverUpload, TOO_LARGE } from './uploads.js'

const PATH = '/api/v1/tus'
const SWEEP_EVERY_MS = 60 * 60_000
const RESERVE_BYTES = 256 * 1024 * 1024

export type ResumableUploads = { readonly routes: readonly Route[]; close(): void }

/** Who sends, and how a problem is said to them. */
type Asking = { readonly caller: Caller | undefined; readonly say: (problem: Problem) => Problem }

/** The library's request hides the one that was dispatched. */
const askingOf = (all: WeakMap<object, Asking>, request: object): Asking =>
  all.get((request as { runtime?: { node?: { req: object } } }).runtime?.node?.req ?? {}) ?? { caller: undefined, say: (problem) => problem }

const refusal = (status: number, error: Problem) => ({ status_code: status, body: JSON.stringify({ error }) })

/** The library's own refusals in our words; undefined leaves its answer as it is. */
function refusalOf(error: object, { say }: Asking): ReturnType<typeof refusal> | undefined {
  const status = 'status_code' in error ? error.status_code : undefined
  if (status === 413) return refusal(413, say(TOO_LARGE))
  return error === NO_ROOM ? refusal(507, say(FULL)) : undefined
}

/**
 * tus 1.0 at `/api/v1/tus`: an upload goes on where the Wi-Fi dropped it. The last answer (200, or 201 where the whole file came with its
 * announcement; JSON like one file of `POST /api/v1/uploads`) leaves when the study is durable. Unfinished ones are kept a day, or an hour when room is short.
 */
export async function createResumableUploads(deps: WebDependencies, limits: WebLimits): Promise<ResumableUploads> {
  const directory = join(deps.spoolFolder, 'tus')
  await makeDirectoryDurable(directory)
  const store = new UnfinishedUploads(directory, deps.hasRoomFor ?? (async (bytes) => (await freeBytes(directory)) - bytes >= RESERVE_BYTES), deps.clock)
  await deliverLeftOvers(deps, store, directory)
  await store.removeForgotten()
  const callers = new WeakMap<object, Asking>()
  const server = new Server({
    path: PATH, datastore: store, relativeLocation: true, maxSize: limits.maxUploadBytes, allowedOrigins: [],
    onResponseError: (request, error) => refusalOf(error, askingOf(callers, request)),
    onUploadCreate: async (request, upload) => {
      const { say } = askingOf(callers, request)
      const wrong = checkFields(deps, upload.metadata ?? {})
      if (wrong) throw refusal(400, say(wrong))
      if (!(await store.hasRoomFor(upload.size ?? 0))) throw NO_ROOM
      return { metadata: upload.metadata }
    },
    onUploadFinish: async (request, upload) => {
      const { caller, say } = askingOf(callers, request)
      const taken = await finish(deps, store, upload, caller)
      const receipt = taken.problem ? { ...taken, problem: say(taken.problem) } : taken
      if (receipt.outcome === 'failed') throw refusal(receipt.problem?.code === 'store-full' ? 507 : 503, receipt.problem ?? say(problem('upload-failed', 'This file could not be stored. Send it again.')))
      return { status_code: request.method === 'POST' ? 201 : 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ file: upload.metadata?.['filename'] ?? '', ...receipt }) }
    }
  })
  const handle = async ({ ctx, caller }: RouteRequest): Promise<void> => {
    callers.set(ctx.req, { caller, say: (told) => saidTo(ctx, told) })
    ctx.respond = false
    ctx.res.once('close', limitSilence(ctx.req))
    await server.handle(ctx.req, ctx.res)
  }
  const sweep = setInterval(() => {
    store.removeForgotten().catch(() => deps.log.warn('upload-sweep-failed'))
  }, SWEEP_EVERY_MS)
  sweep.unref()
  const routes = [
    ...(['OPTIONS', 'POST'] as const).map((method): Route => ({ method, path: PATH, access: 'capture', handle })),
    ...(['HEAD', 'PATCH', 'DELETE'] as const).map((method): Route => ({ method, path: `${PATH}/:upload`, access: 'capture', handle }))
  ]
  return { routes, close: () => clearInterval(sweep) }
}

/** A failing delivery takes the spool file away, so that the client, who was told nothing, starts again and is not told "complete". */
async function finish(deps: WebDependencies, store: FileStore, upload: Upload, caller: Caller | undefined) {
  const path = join(store.directory, basename(upload.id))
  const { filename, patientId, laterality, film, takenAt } = upload.metadata ?? {}
  try {
    await fsyncFile(path)
    return await deliverUpload(deps, {
      path, ...(filename ? { name: filename } : {}), ...(patientId ? { patientId } : {}), ...(film ? { film } : {}), ...(takenAt ? { takenAt } : {}), ...(laterality === 'L' || laterality === 'R' ? { laterality } : {}),
      ...(caller ? { operator: caller.id, via: caller.via } : {})
    })
  } finally {
    await rm(path, { force: true })
    await store.configstore.delete(upload.id)
  }
}

/** Uploads that were complete when the power went, before anybody was told: they become studies now. */
async function deliverLeftOvers(deps: WebDependencies, store: FileStore, directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => !name.endsWith('.json'))
  for (const name of names) {
    const upload = await store.getUpload(name).catch(() => undefined)
    if (!upload) await rm(join(directory, name), { force: true })
    else if (upload.size !== undefined && upload.size === upload.offset) {
      const { outcome } = await finish(deps, store, upload, undefined)
      deps.log.info('upload-finished-after-restart', { outcome })
    }
  }
}
