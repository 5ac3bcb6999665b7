import type { Context } from 'koa'
import { problem } from '../domain/problem.js'
import { HttpError, badRequest } from './http-error.js'

const LONGEST_BYTES = 64 * 1024
const LONGEST_WAIT_MS = 30_000

/** The small body of a form or a JSON call; `{}` for every other type, whose stream is left to the handler. */
export async function readBody(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const type = ctx.is('application/json', 'application/x-www-form-urlencoded')
  if (!type) return {}
  const text = await readText(ctx)
  return type === 'application/json' ? parseJson(text) : parseForm(text)
}

/** A field that comes more than once becomes a list. */
function parseForm(text: string): Record<string, unknown> {
  const form = new URLSearchParams(text)
  return Object.fromEntries([...new Set(form.keys())].map((key) => {
    const values = form.getAll(key)
    return [key, values.length > 1 ? values : values[0]]
  }))
}

function parseJson(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest('bad-json', 'The body is not JSON. Send one JSON object, or leave the body empty.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('bad-json', 'The body has to be one JSON object.')
  return value as Record<string, unknown>
}

async function readText(ctx: Context): Promise<string> {
  const tooMuch = new HttpError(413, problem('body-too-large', `Send at most ${LONGEST_BYTES / 1024} KiB here; images go to /api/v1/uploads.`))
  if (Number(ctx.req.headers['content-length'] ?? 0) > LONGEST_BYTES) throw tooMuch
  const timer = setTimeout(() => ctx.req.destroy(), LONGEST_WAIT_MS)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > LONGEST_BYTES) throw tooMuch
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof HttpError ? error : badRequest('body-incomplete', 'The body did not arrive in full. Send it again.')
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
