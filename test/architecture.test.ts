import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

/** Who may import whom, besides itself and `domain`; paths narrower than a room are allowed as written. */
const ALLOWED: Record<string, readonly string[]> = {
  domain: [],
  platform: [], config: [], triage: [], programmes: [], i18n: [], phantoms: [],
  dicom: ['platform'], store: ['platform'], inference: ['platform', 'phantoms'],
  patients: ['platform', 'store'], access: ['platform', 'store'],
  simulate: ['platform', 'dicom', 'phantoms'],
  evaluate: ['ingest', 'inference', 'triage'],
  provisioning: ['platform'],
  relay: ['platform', 'dicom', 'uplink/transports'],
  operations: ['platform', 'store', 'inference'],
  report: ['dicom/codec', 'dicom/uids'],
  devices: ['platform', 'dicom'],
  ingest: ['platform', 'dicom', 'store'], uplink: ['platform', 'dicom', 'store'],
  pipeline: ['platform', 'store', 'dicom', 'programmes', 'ingest', 'inference', 'triage', 'report', 'patients', 'uplink'],
  web: ['platform', 'i18n', 'programmes', 'store', 'patients', 'access'],
  cli: ['*'],
  compose: ['*'],
  'compose.ts': ['*']
}

/** Every package has its owner, which wraps it; subpaths are of the package. */
const OWNERS: Record<string, readonly string[]> = {
  dcmjs: ['dicom'], 'dcmjs-dimse': ['dicom'], 'dcmjs-codecs': ['dicom', 'ingest'],
  '@cornerstonejs/codec-charls': ['ingest', 'pipeline'], '@cornerstonejs/codec-openjpeg': ['ingest'], '@cornerstonejs/codec-openjph': ['ingest', 'pipeline'],
  sharp: ['ingest', 'pipeline', 'devices', 'simulate', 'compose', 'cli'],
  'onnxruntime-node': ['inference'], lowdb: ['store'], koa: ['web'], busboy: ['web'], '@tus/server': ['web', 'relay'], '@tus/file-store': ['web', 'relay'],
  'tus-js-client': ['uplink', 'web'], protobufjs: ['relay'], snappyjs: ['relay'], 'age-encryption': ['uplink', 'operations'],
  '@node-rs/argon2': ['access'], '@peculiar/x509': ['access'], pdfkit: ['report'], pino: ['platform'], 'systemd-notify': ['platform'], 'prom-client': ['web'],
  commander: ['cli'], 'csv-parse': ['cli'], serialport: ['devices'], '@lydell/node-pty': ['simulate'], 'reflect-metadata': ['access'],
  '@zxing/library': ['web'], 'htmx.org': ['web'], qrcode: ['web', 'report'], fontkit: ['report'], 'dejavu-fonts-ttf': ['report'],
  '@fontsource/noto-sans-bengali': ['report'], '@fontsource/noto-sans-devanagari': ['report'], '@fontsource/noto-sans-ethiopic': ['report'], '@fontsource/noto-sans-thai': ['report']
}

/** Checks the shape of what comes from outside, in any room. */
const EVERYBODYS = ['zod']

/** Rooms without input or output, clock or randomness. */
const PURE = ['domain/', 'triage/', 'phantoms/', 'i18n/', 'programmes/', 'evaluate/', 'config/parse-config.ts', 'dicom/codec.ts', 'dicom/status.ts', 'dicom/uids.ts',
  'ingest/quality/', 'ingest/validate.ts', 'patients/visits-belonging.ts', 'inference/manifest.ts',
  'inference/tasks/', 'inference/calibrate.ts', 'inference/heatmap.ts', 'inference/preprocess/', 'pipeline/next-step.ts', 'operations/retention-policy.ts', 'operations/clock-judgement.ts', 'operations/disk-level.ts', 'operations/scrub-record.ts', 'web/views/']

type Import = { readonly specifier: string; readonly typeOnly: boolean }

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : []
  })

const files = walk(src)
const parse = (file: string) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true)
const sources = new Map(files.map((file) => [file, parse(file)]))

function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword : node.isTypeOnly
      found.push({ specifier: node.moduleSpecifier.text, typeOnly })
    }
    const [argument] = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments : []
    if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, typeOnly: false })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'dependencies' | 'devDependencies', Record<string, string>>
const dependencies = Object.keys(manifest.dependencies)
const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')

/** Packages that a file loads: what it imports, and what any of its literals names (`createRequire` is given names from wherever they stand). */
function packagesLoaded(file: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return
    if (ts.isStringLiteralLike(node) && dependencies.includes(packageOf(node.text))) found.push(packageOf(node.text))
    ts.forEachChild(node, visit)
  }
  visit(sources.get(file)!)
  return found
}

const roomOf = (file: string) => relative(src, file).split('/')[0] as string
const target = (file: string, specifier: string) => resolve(dirname(file), specifier).replace(/\.js$/, '.ts')

function crossings(file: string): string[] {
  const room = roomOf(file)
  const allowed = ALLOWED[room]
  if (!allowed) return [`${relative(src, file)}: no such room in the table`]
  if (allowed.includes('*')) return []
  return importsOf(sources.get(file)!)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => relative(src, target(file, specifier)))
    .filter((path) => path.split('/')[0] !== room && !['domain', ...allowed].some((door) => path === `${door}.ts` || path.startsWith(`${door}/`)))
    .map((path) => `${relative(src, file)} imports ${path}`)
}

describe('the house', () => {
  it('imports only as the table allows', () => {
    expect(files.flatMap(crossings)).toEqual([])
  })

  it('keeps device folders apart and away from ingest', () => {
    const bad = files.filter((file) => /^devices\/[^/]+\//.test(relative(src, file))).flatMap((file) => {
      const own = relative(src, file).split('/').slice(0, 2).join('/')
      return importsOf(sources.get(file)!).filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => relative(src, target(file, specifier)))
        .filter((path) => /^devices\/[^/]+\//.test(path) && !path.startsWith(`${own}/`))
        .map((path) => `${relative(src, file)} imports ${path}`)
    })
    expect(bad).toEqual([])
  })

  it('gives each package its owner', () => {
    const bad = files.flatMap((file) => packagesLoaded(file).filter((name) => !EVERYBODYS.includes(name) && !OWNERS[name]?.includes(roomOf(file))).map((name) => `${relative(src, file)} loads ${name}`))
    expect(bad).toEqual([])
  })

  it('imports no package that it does not declare', () => {
    const declared = [...dependencies, ...Object.keys(manifest.devDependencies).flatMap((name) => (name.startsWith('@types/') ? [name.slice('@types/'.length)] : []))]
    const bad = files.flatMap((file) => importsOf(sources.get(file)!).filter(({ specifier }) => !/^(\.|node:)/.test(specifier) && !declared.includes(packageOf(specifier))).map(({ specifier }) => `${relative(src, file)} imports ${specifier}`))
    expect(bad).toEqual([])
  })

  it('depends on no package that nothing loads', () => {
    const loaded = new Set(files.flatMap(packagesLoaded))
    expect(dependencies.filter((name) => !loaded.has(name))).toEqual([])
  })

  it('reads the environment in appliance/main.ts alone', () => {
    expect(files.filter((file) => /process\s*\.\s*env\b/.test(sources.get(file)!.text)).map((file) => relative(src, file))).toEqual([])
  })

  it('keeps the core pure', () => {
    const impure = /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|performance\.now\(|randomUUID|randomBytes|setTimeout\(|setInterval\(/
    const bad = files.filter((file) => PURE.some((place) => relative(src, file).startsWith(place)))
      .filter((file) => impure.test(sources.get(file)!.text) || importsOf(sources.get(file)!).some(({ specifier, typeOnly }) => !typeOnly && specifier.startsWith('node:')))
    expect(bad.map((file) => relative(src, file))).toEqual([])
  })

  it('has no import cycle', () => {
    const state = new Map<string, 'open' | 'done'>()
    const cycles: string[] = []
    const visit = (file: string, trail: string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') { cycles.push([...trail.slice(trail.indexOf(file)), file].map((step) => relative(src, step)).join(' -> ')); return }
      state.set(file, 'open')
      for (const { specifier, typeOnly } of importsOf(sources.get(file)!)) {
        const next = target(file, specifier)
        if (specifier.startsWith('.') && !typeOnly && sources.has(next)) visit(next, [...trail, file])
      }
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('has rooms and files named for what they are', () => {
    const bad = files.map((file) => relative(src, file)).filter((path) =>
      path.split('/').some((part) => ['utils', 'helpers', 'common', 'types'].includes(part)) || !/^[a-z0-9/.-]+\.ts$/.test(path))
    expect(bad).toEqual([])
  })

  it('keeps files short: none over 300 lines but tables', () => {
    const bad = files.map((file) => [relative(src, file), sources.get(file)!.text.split('\n').length] as const)
      .filter(([path, lines]) => lines > 300 && !/^i18n\/|\b(table|catalogue)s?\.ts$/.test(path))
    expect(bad).toEqual([])
  })

  it('has a process entry of at most 30 lines', () => {
    expect(readFileSync(join(root, 'appliance/main.ts'), 'utf8').split('\n').length).toBeLessThanOrEqual(31)
  })
})
