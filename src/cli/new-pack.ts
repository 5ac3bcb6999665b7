import { access, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { JudgedFinding, ReadRow } from '../evaluate/evaluation.js'
import { countRefused, sortRows } from '../evaluate/evaluation.js'
import { groupBy } from '../evaluate/group-by.js'
import type { NamedPoint } from '../evaluate/named-points.js'
import { namedPoints } from '../evaluate/named-points.js'
import { fitPlatt } from '../evaluate/platt.js'
import { refusedSentence, unknownSentence } from '../evaluate/report-page.js'
import type { Scored } from '../evaluate/roc.js'
import { aucInterval } from '../evaluate/roc.js'
import { LEAST_OF_EACH_KIND } from '../evaluate/threshold.js'
import { sigmoid } from '../inference/calibrate.js'
import type { OperatingPoints, PackManifest } from '../inference/manifest.js'
import { modelTooLarge } from '../inference/model-size.js'
import { checkPacks } from '../inference/packs.js'
import { startReader } from '../pipeline/reader/reader.js'
import { createLog } from '../platform/log.js'
import type { DraftPack } from './draft-pack.js'
import { DRAFT_SLOPE, draftPack, writePackFiles } from './draft-pack.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFolder } from './host.js'
import { judgedFindings } from './judged-findings.js'
import { interruptible, readSet } from './labelled-set.js'
import { PATIENT_COLUMN } from './labelled-table.js'
import type { FittedFinding } from './pack-card.js'
import { packCard } from './pack-card.js'
import { sameKindSentence } from './same-kind.js'

type Options = { recipe: string; model: string; csv: string; root: string; where: string[]; truth: string[]; patientColumn: string; out: string }
type Point = OperatingPoints['points'][number]

const list = (value: string, before: string[]): string[] => [...before, value]
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
    .option('--patient-column <name>', 'rows with equal values are one patient', PATIENT_COLUMN)
    .option('--out <dir>', 'packs folder', packsFolder)
    .action((options: Options) => makePack(host, options))
}

async function makePack(host: CliHost, options: Options): Promise<void> {
  const draft = await draftPack(options.recipe, options.model)
  try {
    const { id, version } = draft.manifest
    const target = join(resolve(options.out), id, version)
    if (await access(target).then(() => true, () => false)) throw new UsageError(`${target} is there already. A pack is never changed: give the recipe a new version.`)
    const judged = judgedFindings(draft.manifest.findings.map(({ code }) => code), options.truth)
    const rows = await readAll(host, draft, options)
    const fitted = draft.manifest.findings.map((spec, index) => fitFinding(spec, casesFor(judged[index]!, rows), dataOf(options)))
    const manifest = { ...draft.manifest, findings: fitted.map(({ spec }) => spec) }
    await writePackFiles(draft.folder, manifest, { modelSha256: manifest.model.sha256, default: 'high-sensitivity', points: fitted.flatMap(({ points }) => [...points]) })
    const left = judged.map((finding) => leftOut(finding, rows))
    await writeFile(join(draft.folder, 'CARD.md'), packCard(manifest, fitted, left))
    await mkdir(dirname(target), { recursive: true })
    await cp(draft.folder, target, { recursive: true })
    const large = modelTooLarge((await stat(join(target, 'model.onnx'))).size)
    host.stdout.write(`${target}\n${fitted.flatMap(({ points }) => points.map(line)).join('')}${left.map((each) => `${each}\n`).join('')}${sameKindSentence(manifest, await checkPacks([...new Set([resolve(options.out), packsFolder])].join(delimiter)))}${large === undefined ? '' : `${id}: ${large}.\n`}Fill in CARD.md, then look at it with \`screenpost doctor\`; a running service takes it up at its next start.\n`)
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
  return await interruptible(host, (signal) => readSet({ ...options, pack: manifest.id, version: manifest.version }, { host, reader, signal }))
}

const dataOf = ({ csv, where }: Options): string => `${csv.split('/').at(-1)}${where.length > 0 ? `, ${where.join(', ')}` : ''}`

/** @throws UsageError where the cases of either kind are too few */
function casesFor(finding: JudgedFinding, rows: readonly ReadRow[]): readonly Scored[] {
  const { cases } = sortRows(rows, finding)
  const positives = cases.filter(({ positive }) => positive).length
  if (Math.min(positives, cases.length - positives) >= LEAST_OF_EACH_KIND) return cases
  throw new UsageError(`${finding.code}: ${positives} positive and ${cases.length - positives} negative gradable images; ${LEAST_OF_EACH_KIND} of each are the least. Label more, or say with --truth what is positive.${refusals(rows)} ${leftOut(finding, rows)}`)
}

/** The images that the figures of a finding leave out, as `evaluate` says it. */
function leftOut(finding: JudgedFinding, rows: readonly ReadRow[]): string {
  const sorted = sortRows(rows, finding)
  return `${finding.code}: ${refusedSentence({ refused: countRefused(sorted) })} ${unknownSentence({ finding: finding.code, unknown: sorted.unknown })}`.trimEnd()
}

/** Why images were not graded, the most frequent reason first. */
function refusals(rows: readonly ReadRow[]): string {
  const codes = rows.filter(({ gradable }) => !gradable).map(({ error, reasons }) => error ?? reasons[0] ?? 'unknown')
  const counts = [...groupBy(codes, (code) => code)].map(([code, all]) => ({ code, count: all.length })).sort((a, b) => b.count - a.count)
  return counts.length === 0 ? '' : ` Not graded: ${counts.map(({ code, count }) => `${count} ${code}`).join(', ')}.`
}

/**
 * One finding, calibrated and with its operating points; the scores are those of the draft, from which the model's log-odds are read back.
 * @throws UsageError where the log-odds do not rise with the truth
 */
export function fitFinding(spec: PackManifest['findings'][number], cases: readonly Scored[], data: string): FittedFinding {
  const logOdds = cases.map(({ score }) => Math.log(clamped(score) / (1 - clamped(score))) / DRAFT_SLOPE)
  const { a, b } = fitPlatt(cases.map(({ positive }, i) => ({ positive, logOdds: logOdds[i]! })))
  if (!(a > 0)) throw new UsageError(`${spec.code}: the model's output ${a < 0 ? 'falls' : 'stays the same'} where the finding is present: its calibrated slope would be ${a.toPrecision(3)}. Check that "source" in the recipe names the finding's own logit, and that --truth and the labels call the ill positive.`)
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
