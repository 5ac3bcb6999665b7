// What is in an image, as CycloneDX 1.5: `node scripts/sbom/main.mjs --root FOLDER --out FILE`. The npm part is made by npm itself
// (`npm sbom`), Debian's packages are added from dpkg's own records with the licences that their copyright files name.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { root: { type: 'string' }, out: { type: 'string' } } })
if (!values.out) throw new Error('usage: main.mjs [--root FOLDER of a Debian system] --out FILE')

const sbom = JSON.parse(execFileSync('npm', ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'], { encoding: 'utf8', maxBuffer: 1 << 28 }))

/** Short names of machine-readable copyright files (DEP-5), every one once. */
function licencesOf(root, name) {
  const path = join(root, 'usr/share/doc', name, 'copyright')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return [...new Set([...text.matchAll(/^License:\s*(\S.*)$/gm)].map(([, licence]) => licence.trim()))].sort()
}

function debianPackages(root) {
  const format = '${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n'
  const listed = execFileSync('dpkg-query', ['--admindir', join(root, 'var/lib/dpkg'), '-W', '-f', format], { encoding: 'utf8' })
  return listed.trim().split('\n').map((line) => {
    const [name, version, architecture, source, sourceVersion] = line.split('\t')
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`
    return {
      'bom-ref': purl, type: 'library', name, version, purl,
      licenses: licencesOf(root, name).map((licence) => ({ license: { name: licence } })),
      properties: [{ name: 'debian:source', value: `${source} ${sourceVersion}` }]
    }
  })
}

const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? 0)
const debian = values.root ? debianPackages(values.root) : []
const components = [...sbom.components, ...debian].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
// The same input gives the same file: no number drawn by chance, no time of day.
delete sbom.serialNumber
sbom.metadata.timestamp = new Date(epoch * 1000).toISOString()
writeFileSync(values.out, `${JSON.stringify({ ...sbom, components }, undefined, 1)}\n`)
const unlicensed = components.filter((each) => !each.licenses?.length).map((each) => `${each.name}@${each.version}`)
process.stdout.write(`${values.out}: ${sbom.components.length} npm and ${debian.length} Debian packages; no licence found for ${unlicensed.length}${unlicensed.length ? `: ${unlicensed.join(', ')}` : ''}\n`)
