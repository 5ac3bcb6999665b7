// Known weaknesses of the image's Debian packages: `node scripts/sbom/debian.mjs [--tracker FILE] [--sbom FILE] [--release trixie]`.
// Reads scripts/flash/x86/packages.lock, or the packages of an image's SBOM, against the data of Debian's security tracker (a file, else
// fetched), less what a person has judged (debian-allow.json: advisory, reason, until). Weaknesses that Debian itself holds to be minor
// and has no fix for are counted, not failed.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compareVersions } from './debian-version.mjs'

const TRACKER = 'https://security-tracker.debian.org/tracker'
const FETCH_LIMIT_MS = 120_000
const lines = (text) => text.split('\n').filter((line) => line && !line.startsWith('#'))

/** `{ source, version }` of each package, and the names of those whose source version the lock does not tell. */
export function packagesOfLock(lock, sources) {
  const sourceOf = new Map(lines(sources).map((line) => line.split('=')))
  const all = lines(lock).map((line) => {
    const [name, rest] = line.split('=')
    return { name, source: sourceOf.get(name) ?? name, version: rest.replace(/:[a-z0-9]+$/, '').replace(/\+b\d+$/, '') }
  })
  return { packages: all.filter(({ source }) => source !== '?'), untold: all.filter(({ source }) => source === '?').map(({ name }) => name) }
}

/** The same from an SBOM of scripts/sbom/main.mjs, which holds source names and versions as dpkg has them. */
export function packagesOfSbom({ components }) {
  const debian = components.flatMap(({ properties = [] }) => properties.filter(({ name }) => name === 'debian:source').map(({ value }) => value.split(' ')))
  return { packages: debian.map(([source, version]) => ({ source: source.replace(/^linux-signed-\w+$/, 'linux'), version })), untold: [] }
}

/** Weaknesses of a source package's version: `fix` is the version that mends it, none while there is none. */
function weaknesses({ source, version }, { tracker, release }) {
  return Object.entries(tracker[source] ?? {}).flatMap(([id, { releases = {} }]) => {
    const here = releases[release]
    if (!here || here.status === 'undetermined') return []
    const fix = here.status === 'resolved' ? here.fixed_version : undefined
    if (fix !== undefined && (fix === '0' || compareVersions(version, fix) >= 0)) return []
    const minor = fix === undefined && (here.nodsa !== undefined || here.urgency === 'unimportant')
    return [{ source, version, fix, minor, advisory: `${TRACKER}/${id}` }]
  })
}

/** Sentences for a person, none when all is well, and how many minor weaknesses there are. `today` is yyyy-mm-dd. */
export function judge({ packages, tracker, release, allowed, today }) {
  const once = [...new Map(packages.map((each) => [`${each.source} ${each.version}`, each])).values()]
  const found = once.flatMap((each) => weaknesses(each, { tracker, release }))
  const said = found.filter(({ minor }) => !minor).flatMap(({ source, version, fix, advisory }) => {
    const allowance = allowed.find((each) => each.advisory === advisory)
    if (!allowance) return [`${source} ${version}: ${advisory}. ${fix ? `Take ${fix} (build-image.sh --update-lock)` : 'Debian has no fix yet'}, or judge it in scripts/sbom/debian-allow.json.`]
    return allowance.until < today ? [`${source}: the allowance for ${advisory} ended on ${allowance.until} (${allowance.reason}). Judge it again.`] : []
  })
  const stale = allowed.filter(({ advisory }) => !found.some((each) => each.advisory === advisory))
  return { said: [...said, ...stale.map(({ advisory }) => `${advisory} is allowed but no longer found. Remove it from scripts/sbom/debian-allow.json.`)], minor: found.filter(({ minor }) => minor).length, sources: once.length }
}

/** The tracker's data, or a sentence that says why there is none. */
async function readTracker(path, packages) {
  try {
    const tracker = path ? JSON.parse(readFileSync(path, 'utf8')) : await (await globalThis.fetch(`${TRACKER}/data/json`, { signal: globalThis.AbortSignal.timeout(FETCH_LIMIT_MS) })).json()
    return packages.some(({ source }) => Object.hasOwn(tracker, source)) ? { tracker } : { why: 'the data names none of our packages' }
  } catch (error) {
    return { why: path ? `${path}: ${error.message}` : `the tracker can not be reached (${error.cause?.code ?? error.message})` }
  }
}

async function main() {
  const { values } = parseArgs({ options: { tracker: { type: 'string' }, sbom: { type: 'string' }, release: { type: 'string', default: 'trixie' } } })
  const text = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
  const { packages, untold } = values.sbom ? packagesOfSbom(JSON.parse(readFileSync(values.sbom, 'utf8'))) : packagesOfLock(text('../flash/x86/packages.lock'), text('../flash/x86/packages.sources'))
  const { tracker, why } = await readTracker(values.tracker, packages)
  if (!tracker) {
    process.stdout.write(`Debian packages: NOTHING WAS CHECKED: ${why}. Fetch ${TRACKER}/data/json elsewhere and give it with --tracker FILE.\n`)
    // A file that was given and can not be used is a mistake; a tracker that can not be reached is not.
    return values.tracker ? 1 : 0
  }
  const { said, minor, sources } = judge({ packages, tracker, release: values.release, allowed: JSON.parse(text('debian-allow.json')), today: new Date().toISOString().slice(0, 10) })
  if (untold.length > 0) process.stdout.write(`not checked (the lock does not tell their source's version; give --sbom): ${untold.join(', ')}\n`)
  for (const each of said) process.stdout.write(`${each}\n`)
  process.stdout.write(`Debian packages: ${sources} sources checked, ${said.length} to be judged, ${minor} that Debian holds to be minor and has not mended\n`)
  return said.length ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
