import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pixels } from '../domain/image-content.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { isErrno } from '../platform/durable-fs.js'
import { renderPhantom } from '../phantoms/phantom.js'
import type { GoldenCase, PackManifest } from './manifest.js'
import { parseGoldenCase } from './manifest.js'
import type { CheckedPack } from './packs.js'
import { preprocess } from './preprocess/preprocess.js'
import type { Session } from './session.js'

/** Numbers that differ at most by the manifest's tolerance, element by element, are the same. */
export function agree(expected: readonly number[], actual: ArrayLike<number>, tolerance: number): boolean {
  return expected.length === actual.length && expected.every((value, index) => Math.abs(value - actual[index]!) <= tolerance)
}

/** Draws the phantom of a golden case. */
export type DrawPhantom = (golden: Pick<GoldenCase, 'phantom' | 'seed' | 'width' | 'height'>) => Pixels

const draw: DrawPhantom = ({ phantom, seed, width, height }) => renderPhantom(phantom, { seed, width, height })

/** Draws each phantom once: packs share them, and drawing costs more than inference. */
export function rememberPhantoms(): DrawPhantom {
  const drawn = new Map<string, Pixels>()
  return (golden) => {
    const key = `${golden.phantom} ${golden.seed} ${golden.width} ${golden.height}`
    const pixels = drawn.get(key) ?? draw(golden)
    drawn.set(key, pixels)
    return pixels
  }
}

type Outputs = Awaited<ReturnType<Session['run']>>

/** What the session in use answers to one golden case, by the name of the output. */
async function outputsOf(session: Session, manifest: PackManifest, pixels: Pixels): Promise<Outputs> {
  const { data, channels, height, width } = preprocess(pixels, 0, manifest.preprocess)
  return session.run(manifest.input.name, { data, dims: [1, channels, height, width] })
}

const logitsIn = (outputs: Outputs, { outputs: { logits } }: PackManifest): Float32Array => outputs[logits]?.data ?? new Float32Array()

/** Phantoms that stand for a modality in golden cases. */
const PHANTOMS: Readonly<Record<PackManifest['modality'], readonly GoldenCase['phantom'][]>> = {
  fundus: ['fundus'], cxr: ['chest'], ultrasound: ['lung-ultrasound'], any: ['fundus', 'chest', 'lung-ultrasound']
}

/** Three golden cases for each phantom of the modality, as the session answers now: for a pack that is being made. */
export async function makeGoldenCases(session: Session, manifest: PackManifest): Promise<GoldenCase[]> {
  const cases: GoldenCase[] = []
  for (const phantom of PHANTOMS[manifest.modality]) for (const seed of [1, 2, 3]) {
    const golden = { phantom, seed, width: 512, height: 448 }
    cases.push({ ...golden, logits: Array.from(logitsIn(await outputsOf(session, manifest, draw(golden)), manifest), (value) => Number(value.toFixed(5))) })
  }
  return cases
}

async function readCases(folder: string): Promise<GoldenCase[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const files = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown))
  return files.flat().map((raw) => {
    const parsed = parseGoldenCase(raw)
    if (!parsed.ok) throw new SyntaxError(parsed.error.map(({ path, message }) => `${path}: ${message}`).join('; '))
    return parsed.value
  })
}

/** How phantoms are drawn, and who is told that a case is done. */
export type GoldenParts = { readonly drawPhantom?: DrawPhantom; readonly caseDone?: () => void }

/**
 * Runs the pack's golden cases (`golden/*.json`: a case or a list of cases) through the session in use. The problem that puts it
 * out of service, or undefined when preprocessing, model and provider answer as they did when the pack was made.
 */
export async function checkGolden(pack: CheckedPack, session: Session, { drawPhantom = draw, caseDone }: GoldenParts = {}): Promise<Problem | undefined> {
  const name = `${pack.id}/${pack.version}`
  try {
    const cases = await readCases(join(pack.folder, 'golden'))
    if (cases.length === 0) return missing(name)
    for (const golden of cases) {
      const outputs = await outputsOf(session, pack.manifest, drawPhantom(golden))
      caseDone?.()
      const actual = logitsIn(outputs, pack.manifest)
      const unread = findingBeyond(pack.manifest, actual.length)
      if (unread) return problem('pack-finding-without-logit', `${name}: ${unread} reads a logit that the model does not have; it has ${actual.length}, counted from 0. Correct "source" in its manifest and make the pack again.`)
      const blank = mapBeyond(pack.manifest, outputs)
      if (blank) return problem('pack-heatmap-without-map', `${name}: ${blank}. Correct "heatmap" in its manifest and make the pack again.`)
      if (!agree(golden.logits, actual, pack.manifest.golden.tolerance)) {
        return problem('pack-golden-mismatch', `${name}: the ${golden.phantom} phantom with seed ${golden.seed} gives ${list(actual)} on ${session.provider}, expected ${list(golden.logits)} within ${pack.manifest.golden.tolerance}. Install the pack version made for this release.`)
      }
    }
    return undefined
  } catch (error) {
    return isErrno(error, 'ENOENT') ? missing(name) : problem('pack-golden-failed', `${name}: its golden cases can't be run (${error instanceof Error ? error.message : String(error)}). Copy the pack again from its release.`)
  }
}

/** The finding that would read past the end of the logits: its score would be no number, and no threshold would ever call it positive. */
const findingBeyond = ({ findings }: PackManifest, count: number): string | undefined =>
  findings.find(({ source }) => (source.kind === 'softmax' ? source.indices : [source.index]).some((index) => index >= count))?.code

/** The heatmap that would read past the end of the activation: nothing would ever be drawn. An activation without channels is one map, whatever the number. */
function mapBeyond({ heatmap, outputs: { activation = '' } }: PackManifest, outputs: Outputs): string | undefined {
  const [, channels = 0, ...place] = outputs[activation]?.dims ?? []
  const beyond = place.length === 2 ? heatmap?.maps.find((map) => map >= channels) : undefined
  return beyond === undefined ? undefined : `its heatmap reads map ${beyond} of ${activation}, which the model does not have; it has ${channels}, counted from 0`
}

const missing = (name: string): Problem => problem('pack-golden-missing', `${name}: it has no golden cases, so its model can't be trusted here. Copy the pack again from its release.`)
const list = (values: ArrayLike<number>): string => `[${Array.from(values, (value) => value.toFixed(3)).join(', ')}]`
