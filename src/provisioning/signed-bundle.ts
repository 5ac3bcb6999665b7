import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { deviceIdOf } from './identity.js'

const envelope = z.strictObject({
  formatVersion: z.literal(1),
  /** JSON text, signed as it stands: no second writing of it can differ. */
  payload: z.string(),
  /** Ed25519 (RFC 8032) over the payload's UTF-8, base64. */
  signature: z.string(),
  /** Ten digits of the signing key's hash, for people to compare. */
  signedBy: z.string()
})

/** A file inside a bundle's folder, beside `bundle.json`. */
const bundleFile = z.strictObject({
  path: z.string().regex(/^[a-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'expected a relative path without ..'),
  bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/)
})

const payload = z.strictObject({
  kind: z.enum(['site', 'packs']),
  /** Who made it and when, shown to the person who takes it. */
  from: z.string().min(1).max(100), createdAt: z.iso.datetime(),
  /** Rising number of bundles of one kind; an older one is never taken after a newer. */
  serial: z.int().min(1),
  /** kind site: the site file, and the settings of the system around the service. */
  site: z.record(z.string(), z.unknown()).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  /** Certificate authority of the centre, PEM. */
  centreCa: z.string().optional(),
  /** kind packs: `packs/<id>/<version>/...` and `thresholds/<id>.json`. */
  files: z.array(bundleFile).default([])
})

/** What a centre sends to its boxes: a site's configuration, or new packs and operating points. */
export type BundlePayload = z.infer<typeof payload>

const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string

/** The bytes of `bundle.json`. `key` is the centre's Ed25519 private key. */
export function signBundle(content: z.input<typeof payload>, key: KeyObject): string {
  const text = JSON.stringify(payload.parse(content))
  const signature = sign(null, Buffer.from(text), key).toString('base64')
  return `${JSON.stringify({ formatVersion: 1, payload: text, signature, signedBy: deviceIdOf(publicPem(createPublicKey(key))) })}\n`
}

/**
 * The payload when the trusted centre signed it. Problems: `bad-bundle` (not one), `bundle-not-trusted` (another key, or changed on
 * the way), each saying what to do.
 */
export function openBundle(text: string, trustedPem: string): Result<BundlePayload, Problem> {
  const raw = parseJson(text)
  const wrapped = envelope.safeParse(raw)
  if (!wrapped.success) return err(problem('bad-bundle', 'This is no bundle of a centre, or it is incomplete. Copy it again.'))
  const key = createPublicKey(trustedPem)
  const { payload: signed, signature, signedBy } = wrapped.data
  if (!verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64'))) {
    return err(problem('bundle-not-trusted', `The bundle says it is signed by ${signedBy.slice(0, 10)}; this box trusts ${deviceIdOf(publicPem(key))}. It was changed on the way or belongs to another programme: ask the centre for a new one.`))
  }
  const parsed = payload.safeParse(parseJson(signed))
  if (parsed.success) return ok(parsed.data)
  const [first] = parsed.error.issues
  return err(problem('bad-bundle', `The bundle is signed but not in order (${first?.path.join('.')}: ${first?.message}). Ask the centre for one that fits this version.`))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
