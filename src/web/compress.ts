import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context, Next } from 'koa'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
const SMALLEST_BYTES = 1024

/** Text answers of some size, compressed as the browser likes. A page is small: fast levels. */
export async function compressText(ctx: Context, next: Next): Promise<void> {
  await next()
  const { body } = ctx
  if (ctx.respond === false || ctx.response.get('Content-Encoding') || !/^(text\/|application\/(json|javascript))/.test(ctx.response.type)) return
  const text = typeof body === 'string' ? body : body !== null && typeof body === 'object' && !Buffer.isBuffer(body) && !('pipe' in body) ? JSON.stringify(body) : undefined
  if (text === undefined || text.length < SMALLEST_BYTES) return
  ctx.vary('Accept-Encoding')
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity')
  if (encoding !== 'br' && encoding !== 'gzip') return
  const type = ctx.response.get('Content-Type')
  ctx.body = encoding === 'br' ? await brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }) : await zip(text)
  ctx.set('Content-Type', type)
  ctx.set('Content-Encoding', encoding)
}
