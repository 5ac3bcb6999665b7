import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { deviceIdOf } from './identity.js'
import type { BundlePayload } from './signed-bundle.js'
import type { BundlePlaces } from './take-bundle.js'
import { checkBundle, lastSerial } from './take-bundle.js'

/** `updates` is where `screenpost update fetch` lays what the centre offers (`<data>/updates`); `state` is the service's copy of what root knows (`tellService`): `centre.pem`, `bundle-packs.json`. */
export type OfferPlaces = BundlePlaces & { readonly updates: string }

/** What the centre offers and nobody has taken: packs and operating points, by whom, and whether somebody decided over it. */
export type Offer = {
  /** Of `bundle.json`: what is decided over is exactly what was shown. */
  readonly sha256: string
  readonly decision?: 'accepted' | 'refused'
  /** Why it can not be taken; nothing of what it says is believed then. */
  readonly problem?: Problem
  readonly contents?: { readonly from: string; readonly createdAt: string; readonly serial: number; /** Ten digits of the key that signed it. */ readonly signedBy: string; readonly packs: readonly { readonly id: string; readonly version: string }[]; readonly thresholds: readonly string[] }
}

const BUNDLE = 'screenpost-packs'
const [ACCEPTED, REFUSED, READY] = ['accepted', 'refused', 'ready']
/** A bundle may be hundreds of megabytes: what was found stays true as long as its text and what was taken are the same. */
const checkedBefore = new Map<string, Pick<Offer, 'problem' | 'contents'>>()

/** Undefined where nothing is offered, or all of it has been taken. */
export async function offeredBundle(places: OfferPlaces): Promise<Offer | undefined> {
  const text = await readFile(join(places.updates, BUNDLE, 'bundle.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const sha256 = createHash('sha256').update(text).digest('hex')
  const taken = await lastSerial(places, 'packs')
  const key = `${places.updates} ${sha256} ${taken}`
  const found = checkedBefore.get(key) ?? await check(places)
  if (found.contents) checkedBefore.set(key, found)
  if (found.contents && found.contents.serial <= taken) return undefined
  if (found.problem?.code === 'bundle-older') return undefined
  const decided = async (name: string): Promise<boolean> => (await readFile(join(places.updates, name), 'utf8').catch(() => '')).trim() === sha256
  const decision = await decided(ACCEPTED) ? 'accepted' : await decided(REFUSED) ? 'refused' : undefined
  return { sha256, ...found, ...(decision ? { decision } : {}) }
}

/**
 * What an administrator decided over exactly the bundle that was shown. Accepted, `ready` has root take it (`appliance/libexec/update-from-stick`). Problems: `bundle-changed`, and
 * those of `checkBundle`, since it is checked again.
 */
export async function decideOffer(places: OfferPlaces, { sha256, decision }: { readonly sha256: string; readonly decision: 'accepted' | 'refused' }): Promise<Result<Offer, Problem>> {
  checkedBefore.clear()
  const offer = await offeredBundle(places)
  if (offer?.sha256 !== sha256) return err(problem('bundle-changed', 'Another bundle came meanwhile, or this one is in service already. Look at what is offered now and decide again.'))
  if (decision === 'accepted' && offer.problem) return err(offer.problem)
  await makeDirectoryDurable(places.updates)
  await rm(join(places.updates, decision === 'accepted' ? REFUSED : ACCEPTED), { force: true })
  await writeFileDurable(join(places.updates, decision), Buffer.from(`${sha256}\n`))
  if (decision === 'accepted') await writeFileDurable(join(places.updates, READY), Buffer.from('{}\n'))
  return ok({ ...offer, decision })
}

async function check(places: OfferPlaces): Promise<Pick<Offer, 'problem' | 'contents'>> {
  const trusted = await readFile(join(places.state, 'centre.pem'), 'utf8').catch(() => undefined)
  if (trusted === undefined) return { problem: problem('no-centre', 'Packs were offered, but this box knows no centre whose signature it could check. Put centre.pem on its start partition (docs/install.md).') }
  const checked = await checkBundle(join(places.updates, BUNDLE), trusted, places)
  if (!checked.ok) return { problem: checked.error }
  if (checked.value.kind !== 'packs') return { problem: problem('bad-bundle', 'The centre offered a bundle that is none of packs. Ask it to sign one with --kind packs.') }
  return { contents: contentsOf(checked.value, deviceIdOf(trusted)) }
}

function contentsOf({ from, createdAt, serial, files }: BundlePayload, signedBy: string): NonNullable<Offer['contents']> {
  const parts = files.map(({ path }) => path.split('/'))
  const packs = new Map(parts.flatMap(([kind, id = '', version = '']) => (kind === 'packs' ? [[`${id} ${version}`, { id, version }] as const] : [])))
  return { from, createdAt, serial, signedBy, packs: [...packs.values()], thresholds: parts.flatMap(([kind, name = '']) => (kind === 'thresholds' ? [name.replace(/\.json$/, '')] : [])) }
}
