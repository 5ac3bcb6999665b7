// Known weaknesses of what we ship: `node scripts/sbom/audit.mjs`. npm's own audit, less those that a person has judged
// (audit-allow.json: advisory, reason, until). An allowance that has run out, or allows nothing any more, fails too.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Exit status where nothing could be checked: neither good nor bad. */
const NOT_CHECKED = 3

/** Sentences for a person; none when all is well. `today` is yyyy-mm-dd. */
export function judge({ audit, allowed, today }) {
  const found = new Map()
  for (const { name, via, severity } of Object.values(audit.vulnerabilities ?? {}))
    for (const each of via) if (typeof each === 'object') found.set(each.url, { name, severity, title: each.title, url: each.url })
  const said = []
  for (const { name, severity, title, url } of found.values()) {
    const allowance = allowed.find(({ advisory }) => advisory === url)
    if (!allowance) said.push(`${name} (${severity}): ${title}, ${url}. Update it, or judge it in scripts/sbom/audit-allow.json.`)
    else if (allowance.until < today) said.push(`${name}: the allowance for ${url} ended on ${allowance.until} (${allowance.reason}). Judge it again.`)
  }
  for (const { advisory } of allowed) if (!found.has(advisory)) said.push(`${advisory} is allowed but no longer found. Remove it from scripts/sbom/audit-allow.json.`)
  return said
}

function main() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const audit = JSON.parse(stdout || '{}')
  if (!audit.auditReportVersion) {
    process.stdout.write('npm audit: the registry answers no audit; nothing was checked\n')
    return NOT_CHECKED
  }
  const allowed = JSON.parse(readFileSync(new URL('audit-allow.json', import.meta.url), 'utf8'))
  const said = judge({ audit, allowed, today: new Date().toISOString().slice(0, 10) })
  process.stdout.write(said.length ? `${said.join('\n')}\n` : 'npm audit: nothing that is not judged\n')
  return said.length ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main()
