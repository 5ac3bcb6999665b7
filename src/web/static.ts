import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context } from 'koa'
import { notFound } from './http-error.js'

type Part = { readonly type: string; readonly etag: string; readonly plain: Buffer; readonly br?: Buffer; readonly gzip?: Buffer }

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml', webmanifest: 'application/manifest+json',
  json: 'application/json', png: 'image/png', ico: 'image/x-icon', woff2: 'font/woff2', txt: 'text/plain; charset=utf-8'
}
const TEXT = ['css', 'js', 'svg', 'webmanifest', 'json', 'txt']

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
const modules = createRequire(import.meta.url)

/** Browser libraries straight from their packages: name under `/static/vendor/` -> file. */
const vendorFiles = (): Readonly<Record<string, string>> => {
  const htmx = packageFolder('htmx.org')
  return {
    'vendor/htmx.js': join(htmx, 'dist/htmx.min.js'), 'vendor/hx-sse.js': join(htmx, 'dist/ext/hx-sse.min.js'),
    'vendor/tus.js': join(packageFolder('tus-js-client'), 'dist/tus.min.js'),
    'vendor/zxing.js': join(packageFolder('@zxing/library'), 'umd/index.min.js')
  }
}

function packageFolder(name: string): string {
  for (const folder of modules.resolve.paths(name) ?? []) {
    const path = join(folder, name)
    try {
      modules.resolve(join(path, 'package.json'))
      return path
    } catch {
      continue
    }
  }
  return dirname(modules.resolve(name))
}

/** Every static part, read and compressed at first use, then served from memory. */
export function createStatic(folder: string): { serve(ctx: Context): Promise<void>; names(): Promise<string[]> } {
  const vendor = vendorFiles()
  const parts = new Map<string, Promise<Part>>()
  const own = readdir(folder, { recursive: true, withFileTypes: true }).then((entries) =>
    entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\//, '')), () => [] as string[])
  const names = async (): Promise<string[]> => [...(await own), ...Object.keys(vendor)]
  const load = async (name: string): Promise<Part> => {
    if (!(await names()).includes(name)) throw notFound('There is no such file here.')
    const known = parts.get(name) ?? readPart(vendor[name] ?? join(folder, name))
    parts.set(name, known)
    return known
  }
  return { names, serve: async (ctx) => send(ctx, await load(ctx.path.slice('/static/'.length))) }
}

async function readPart(path: string): Promise<Part> {
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const plain = await readFile(path)
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
  const part = { type: TYPES[extension] ?? 'application/octet-stream', etag, plain }
  if (!TEXT.includes(extension) || plain.length < 512) return part
  const br = await brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
  return { ...part, br, gzip: await zip(plain, { level: 9 }) }
}

/** With `?v=` the address changes with the content and may be kept for ever; without, it is asked for again. */
function send(ctx: Context, part: Part): void {
  ctx.set('Cache-Control', ctx.query['v'] ? 'public, max-age=31536000, immutable' : 'no-cache')
  ctx.set('ETag', part.etag)
  ctx.vary('Accept-Encoding')
  if (ctx.path.endsWith('/service-worker.js')) ctx.set('Service-Worker-Allowed', '/')
  if (ctx.get('if-none-match').includes(part.etag)) {
    ctx.status = 304
    return
  }
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity')
  const packed = encoding === 'br' ? part.br : encoding === 'gzip' ? part.gzip : undefined
  ctx.body = packed ?? part.plain
  ctx.set('Content-Type', part.type)
  if (packed) ctx.set('Content-Encoding', encoding as string)
}
