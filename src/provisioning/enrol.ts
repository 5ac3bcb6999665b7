import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { BundlePayload } from './signed-bundle.js'
import { deviceIdOf } from './identity.js'
import type { BundlePlaces } from './take-bundle.js'
import { checkBundleText, lastSerial, takeBundle } from './take-bundle.js'

/** `start` is the start partition (`/efi`), where scripts/flash/flash-disk.sh puts `centre.pem` and `site.bundle.json`. */
export type EnrolPlaces = BundlePlaces & { readonly start: string }
export type CheckSite = (site: unknown) => readonly Problem[]
export type Enrolment = { readonly problems: readonly Problem[]; readonly taken?: BundlePayload }
export type EnrolOptions = { readonly checkSite: CheckSite; show(bundle: BundlePayload): void }

/**
 * Takes the centre's key and the site's bundle from the start partition. The first centre stays until a factory reset: whoever
 * writes another key onto the partition changes nothing. A bundle is taken once, so that what the clinic changes later is kept;
 * cut short by the plug, the next start takes it again. `show` is called before anything changes.
 * Problems: `bad-centre-key`, `other-centre`, `bundle-not-trusted`, `bundle-not-taken`, those of `checkBundle` and of the site file; none stops the box.
 */
export async function enrol(places: EnrolPlaces, options: EnrolOptions): Promise<Enrolment> {
  try {
    return await enrolFromStart(places, options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { problems: [problem('bundle-not-taken', `What the centre sent could not be stored (${code}). It is tried again at the next start; if this stays, write the disk again.`)] }
  }
}

async function enrolFromStart(places: EnrolPlaces, { checkSite, show }: EnrolOptions): Promise<Enrolment> {
  const centre = await centreKey(places)
  const text = await textOf(join(places.start, 'site.bundle.json'))
  if (!centre.ok) return { problems: [centre.error] }
  if (text === undefined) return { problems: [] }
  if (centre.value === undefined) return { problems: [problem('bundle-not-trusted', 'There is a site bundle but no key of a centre to check it with. Write the disk with --centre centre.pem.', 'site.bundle.json')] }
  const checked = await checkSiteBundle(text, centre.value, places)
  // An older bundle left on the partition is no trouble: the newer one came another way.
  if (!checked.ok) return { problems: checked.error.code === 'bundle-older' ? [] : [checked.error] }
  const bundle = checked.value
  if (bundle.serial <= await lastSerial(places, 'site')) return { problems: [] }
  const wrong = bundle.site ? checkSite(bundle.site) : []
  if (wrong.length > 0) return { problems: wrong }
  show(bundle)
  await takeBundle(places.start, bundle, places)
  return { problems: [], taken: bundle }
}

async function checkSiteBundle(text: string, trustedPem: string, places: EnrolPlaces): Promise<Result<BundlePayload, Problem>> {
  const checked = await checkBundleText(text, trustedPem, { folder: places.start, places })
  if (checked.ok && checked.value.kind !== 'site') return err(problem('bad-bundle', 'The bundle on the start partition is not one of a site. Sign it with --kind site.', 'site.bundle.json'))
  return checked
}

/** The key this box trusts, durable in `state/centre.pem`; none when no centre was ever named. */
async function centreKey({ state, start }: EnrolPlaces): Promise<Result<string | undefined, Problem>> {
  const kept = join(state, 'centre.pem')
  const [trusted, offered] = [await textOf(kept), await textOf(join(start, 'centre.pem'))]
  const known = trusted === undefined ? undefined : publicKey(trusted)
  if (offered === undefined) return ok(known)
  const wanted = publicKey(offered)
  if (known === undefined && wanted === undefined) return err(problem('bad-centre-key', "This is no Ed25519 public key. Write the centre's centre.pem onto the start partition again.", 'centre.pem'))
  if (known === undefined && wanted !== undefined) {
    await makeDirectoryDurable(state)
    await writeFileDurable(kept, Buffer.from(wanted))
    return ok(wanted)
  }
  if (wanted !== known) return err(problem('other-centre', `This box belongs to the centre ${deviceIdOf(known ?? '')}; the start partition names another key. Put the right key there, or reset the box first (scripts/flash/factory-reset.sh).`, 'centre.pem'))
  return ok(known)
}

/** The same key always as the same text; none when it is not an Ed25519 public key (a private one is never taken along). */
function publicKey(pem: string): string | undefined {
  try {
    const key = createPublicKey(pem)
    if (pem.includes('PRIVATE') || key.asymmetricKeyType !== 'ed25519') return undefined
    return key.export({ type: 'spki', format: 'pem' }) as string
  } catch {
    return undefined
  }
}

/** A file that is there and can not be read is as good as a damaged one, and is reported as that. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    return ''
  }
}
