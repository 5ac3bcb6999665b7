// What is in an image, as CycloneDX 1.5: `node scripts/sbom/main.mjs --root FOLDER --out FILE`. The npm part is made by npm itself
// (`npm sbom`), Debian's packages are added from dpkg's own records with the licences that their copyright files name. Ends with 1
// when a component has no licence: then a person reads what it brings and adds a line to licences.json.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { licencesOfCopyright, licencesOfPackage } from './licences.mjs'

const { values } = parseArgs({ options: { root: { type: 'string' }, out: { type: 'string' } } })
if (!values.out) throw new Error('usage: main.mjs [--root FOLDER of a Debian system] --out FILE')

const sbom = JSON.parse(execFileSync('npm', ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'], { encoding: 'utf8', maxBuffer: 1 << 28 }))

const read = JSON.parse(readFileSync(new URL('licences.json', import.meta.url), 'utf8'))
const named = (licences) => licences.map((name) => ({ license: { name } }))
const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** Of npm's packages that npm itself could say nothing of, from the packages as they are installed. */
function licencesOfNpm({ name, purl }) {
  const folder = join(values.root ? join(values.root, 'opt/screenpost') : '.', 'node_modules', purl.startsWith('pkg:npm/%40') ? name : name.replace(/^.*\//, ''))
  if (!existsSync(join(folder, 'package.json'))) return []
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each))
  return licencesOfPackage(JSON.parse(textOf(join(folder, 'package.json'))), file ? textOf(join(folder, file)) : '')
}

/** What a person read goes before what a machine makes of a text. */
function licensed(component, licences) {
  if (component.licenses?.length) return component
  const known = read.find(({ name }) => name === component.name)
  return { ...component, licenses: named(known ? [known.licence] : licences()) }
}

function debianPackages(root) {
  const format = '${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n'
  const listed = execFileSync('dpkg-query', ['--admindir', join(root, 'var/lib/dpkg'), '-W', '-f', format], { encoding: 'utf8' })
  return listed.trim().split('\n').map((line) => {
    const [name, version, architecture, source, sourceVersion] = line.split('\t')
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`
    return licensed({
      'bom-ref': purl, type: 'library', name, version, purl,
      properties: [{ name: 'debian:source', value: `${source} ${sourceVersion}` }]
    }, () => licencesOfCopyright(textOf(join(root, 'usr/share/doc', name, 'copyright'))))
  })
}

const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? 0)
const debian = values.root ? debianPackages(values.root) : []
const npm = sbom.components.map((each) => licensed(each, () => licencesOfNpm(each)))
const components = [...npm, ...debian].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
// The same input gives the same file: no number drawn by chance, no time of day.
delete sbom.serialNumber
sbom.metadata.timestamp = new Date(epoch * 1000).toISOString()
writeFileSync(values.out, `${JSON.stringify({ ...sbom, components }, undefined, 1)}\n`)
const unlicensed = components.filter((each) => !each.licenses?.length).map((each) => `${each.name}@${each.version}`)
process.stdout.write(`${values.out}: ${sbom.components.length} npm and ${debian.length} Debian packages; no licence found for ${unlicensed.length}${unlicensed.length ? `: ${unlicensed.join(', ')}` : ''}\n`)
process.exitCode = unlicensed.length > 0 ? 1 : 0
