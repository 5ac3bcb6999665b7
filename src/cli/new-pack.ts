import { access, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { groupBy } from '../evaluate/group-by.js'
import type { ReadRow } from '../evaluate/evaluation.js'
import type { NamedPoint } from '../evaluate/named-points.js'
import { namedPoints } from '../evaluate/named-points.js'
import { fitPlatt } from '../evaluate/platt.js'
import type { Scored } from '../evaluate/roc.js'
import { aucInterval } from '../evaluate/roc.js'
import { truthOf } from '../evaluate/truth.js'
import { sigmoid } from '../inference/calibrate.js'
import type { OperatingPoints, PackManifest } from '../inference/manifest.js'
import { startReader } from '../pipeline/reader/reader.js'
import { createLog } from '../platform/log.js'
import type { DraftPack } from './draft-pack.js'
import { draftPack, writePackFiles } from './draft-pack.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFolder } from './host.js'
import { interruptible, readSet } from './labelled-set.js'
import type { FittedFinding } from './pack-card.js'
import { packCard } from './pack-card.js'

type Options = { recipe: string; model: string; csv: string; root: string; where: string[]; truth: string[]; patientColumn: string; out: string }
type Point = OperatingPoints['points'][number]

const list = (value: string, before: string[]): string[] => [...before, value]
/** With fewer of either kind neither a slope nor a threshold means anything. */
const LEAST = 10
const EDGE = 1e-6

/** An ONNX file, a recipe and a labelled folder become a pack in service: docs/add-a-model.md. */
export const addNewPack: AddCommand = (program, host) => {
  program.command('new-pack')
    .description('make a pack of an ONNX file: calibrated, with operating points, golden cases and a card to fill in')
    .requiredOption('--recipe <file>', 'the manifest without hash and calibration (JSON)')
    .requiredOption('--model <file>', 'ONNX file, QDQ INT8 where it is to be fast')
    .requiredOption('--csv <file>', 'labels of images that the model was not trained on')
    .requiredOption('--root <dir>', 'folder that the files are below')
    .option('--where <column=value>', 'keep only these rows; repeatable', list, [])
    .option('--truth <spec>', 'finding=column:value|value or finding=column>=number; repeatable', list, [])
    .option('--patient-column <name>', 'rows with equal values are one patient', 'patient_or_eye_id')
    .option('--out <dir>', 'packs folder', packsFolder)
    .action((options: Options) => makePack(host, options))
}

async function makePack(host: CliHost, options: Options): Promise<void> {
  const draft = await draftPack(options.recipe, options.model)
  try {
    const { id, version } = draft.manifest
    const target = join(resolve(options.out), id, version)
    if (await access(target).then(() => true, () => false)) throw new UsageError(`${target} is there already. A pack is never changed: give the recipe a new version.`)
    const fitted = fitAll(draft.manifest, await readAll(host, draft, options), options)
    const manifest = { ...draft.manifest, findings: fitted.map(({ spec }) => spec) }
    await writePackFiles(draft.folder, manifest, { modelSha256: manifest.model.sha256, default: 'high-sensitivity', points: fitted.flatMap(({ points }) => [...points]) })
    await writeFile(join(draft.folder, 'CARD.md'), packCard(manifest, fitted))
    await mkdir(dirname(target), { recursive: true })
    await cp(draft.folder, target, { recursive: true })
    host.stdout.write(`${target}\n${fitted.flatMap(({ points }) => points.map(line)).join('')}Fill in CARD.md, then look at it with \`screenpost doctor\`; a running service takes it up at its next start.\n`)
  } finally {
    await rm(draft.packs, { recursive: true, force: true })
  }
}

const line = ({ finding, name, threshold, sensitivity, specificity, n, positives }: Point): string =>
  `${finding} ${name}: threshold ${threshold.toFixed(4)}, sensitivity ${sensitivity.value.toFixed(3)}, specificity ${specificity.value.toFixed(3)} (${positives} of ${n} positive)\n`

async function readAll(host: CliHost, { packs, manifest }: DraftPack, options: Options): Promise<ReadRow[]> {
  await using reader = await startReader({ packsFolder: packs, log: createLog({ level: 'error', destination: host.stderr }), readyWithinMs: 60_000 })
  const { packs: states } = await reader.ready
  const found = states.find(({ id }) => id === manifest.id)
  if (!found?.inService) throw new UsageError(found?.problem?.message ?? 'The reader does not start with this pack; run `screenpost doctor`.')
  return await interruptible(host, (signal) => readSet({ ...options, pack: manifest.id }, { host, reader, signal }))
}

function fitAll(manifest: PackManifest, rows: readonly ReadRow[], options: Options): FittedFinding[] {
  return manifest.findings.map((spec) => {
    const truth = truthOf(spec.code, options.truth)
    if (!truth.ok) throw new UsageError(`${truth.error.path}: ${truth.error.message}`)
    const cases = rows.flatMap(({ row, patient, scores }) => {
      const [positive, score] = [truth.value(row), scores[spec.code]]
      return positive === undefined || score === undefined ? [] : [{ score, positive, patient }]
    })
    const positives = cases.filter(({ positive }) => positive).length
    if (Math.min(positives, cases.length - positives) < LEAST) {
      throw new UsageError(`${spec.code}: ${positives} positive and ${cases.length - positives} negative gradable images; ${LEAST} of each are the least. Label more, or say with --truth what is positive.${refusals(rows)}`)
    }
    return fit(spec, cases, `${options.csv.split('/').at(-1)}${options.where.length > 0 ? `, ${options.where.join(', ')}` : ''}`)
  })
}

/** Why images were not graded, the most frequent reason first. */
function refusals(rows: readonly ReadRow[]): string {
  const codes = rows.filter(({ gradable }) => !gradable).map(({ error, reasons }) => error ?? reasons[0] ?? 'unknown')
  const counts = [...groupBy(codes, (code) => code)].map(([code, all]) => ({ code, count: all.length })).sort((a, b) => b.count - a.count)
  return counts.length === 0 ? '' : ` Not graded: ${counts.map(({ code, count }) => `${count} ${code}`).join(', ')}.`
}

function fit(spec: PackManifest['findings'][number], cases: readonly Scored[], data: string): FittedFinding {
  const logOdds = cases.map(({ score }) => Math.log(clamped(score) / (1 - clamped(score))))
  const { a, b } = fitPlatt(cases.map(({ positive }, i) => ({ positive, logOdds: logOdds[i]! })))
  const calibrated = cases.map((each, i) => ({ ...each, score: sigmoid(a * logOdds[i]! + b) }))
  const auc = aucInterval(calibrated, { resamples: 2000, seed: 1 })
  const points = namedPoints(calibrated).map((point) => pointOf(point, { finding: spec.code, n: cases.length, data }))
  return { spec: { ...spec, calibration: { kind: 'platt', a, b } }, points, ...(auc ? { auc } : {}) }
}

const clamped = (score: number): number => Math.min(1 - EDGE, Math.max(EDGE, score))

function pointOf({ name, row }: NamedPoint, rest: { finding: string; n: number; data: string }): Point {
  const bounds = ({ value, low, high }: NamedPoint['row']['sensitivity']) => ({ value, low, high })
  return { name, threshold: row.threshold, sensitivity: bounds(row.sensitivity), specificity: bounds(row.specificity), positives: row.sensitivity.of, ...rest }
}
