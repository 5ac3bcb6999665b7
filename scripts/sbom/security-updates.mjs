// Which packages of the image Debian has mended since: `node scripts/sbom/security-updates.mjs [--mirror URL] [--packages FILE...]`. Compares
// packages.lock with Debian's security archive, which answers where the security tracker does not; it knows mended weaknesses alone. Exit
// status 1: the image's lock is behind (build-image.sh --update-lock); 3: the archive could not be read, nothing was checked.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compareVersions } from './debian-version.mjs'

const FETCH_LIMIT_MS = 60_000
const PARTS = ['main', 'non-free-firmware']

/** Newest version of each package in the text of `Packages` files. */
export function newestOf(texts) {
  const newest = new Map()
  for (const entry of texts.flatMap((text) => text.split('\n\n'))) {
    const [, name] = /^Package: (.*)$/m.exec(entry) ?? []
    const [, version] = /^Version: (.*)$/m.exec(entry) ?? []
    if (name && version && (!newest.has(name) || compareVersions(version, newest.get(name)) > 0)) newest.set(name, version)
  }
  return newest
}

/** `name had -> newer` of each package of the lock that the archive has newer. */
export const behind = (lock, newest) => lock.split('\n').filter(Boolean).flatMap((line) => {
  const [name, rest] = line.split('=')
  const version = rest.replace(/:[a-z0-9]+$/, '')
  return newest.has(name) && compareVersions(newest.get(name), version) > 0 ? [`${name} ${version} -> ${newest.get(name)}`] : []
})

async function fetched(mirror, part) {
  const answer = await globalThis.fetch(`${mirror}/dists/trixie-security/${part}/binary-amd64/Packages.xz`, { signal: globalThis.AbortSignal.timeout(FETCH_LIMIT_MS) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return execFileSync('xz', ['-dc'], { input: Buffer.from(await answer.arrayBuffer()), maxBuffer: 1e9 }).toString()
}

async function main() {
  const { values } = parseArgs({ options: { mirror: { type: 'string', default: 'http://deb.debian.org/debian-security' }, packages: { type: 'string', multiple: true } } })
  let texts
  try {
    texts = values.packages ? values.packages.map((path) => readFileSync(path, 'utf8')) : await Promise.all(PARTS.map((part) => fetched(values.mirror, part)))
  } catch (error) {
    process.stdout.write(`Debian security updates: NOTHING WAS CHECKED: ${error.cause?.code ?? error.message}. Give another --mirror, or fetched Packages files with --packages.\n`)
    return 3
  }
  const newest = newestOf(texts)
  const late = behind(readFileSync(new URL('../flash/x86/packages.lock', import.meta.url), 'utf8'), newest)
  for (const each of late) process.stdout.write(`${each}\n`)
  process.stdout.write(`Debian security updates: ${newest.size} packages in the archive, ${late.length} of the image are behind${late.length > 0 ? ' (build-image.sh --update-lock)' : ''}\n`)
  return late.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
