import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { EvaluatedPoint, Evaluation, EvaluationPlan, FindingEvaluation } from '../evaluate/evaluation.js'
import { evaluate } from '../evaluate/evaluation.js'
import { evaluationPage, refusedSentence, unknownSentence } from '../evaluate/report-page.js'
import type { Proportion } from '../evaluate/proportion.js'
import type { CheckedPack } from '../inference/packs.js'
import { isChecked } from '../inference/packs.js'
import { applySiteThresholds, readSiteThresholds } from '../inference/site-thresholds.js'
import { startReader } from '../pipeline/reader/reader.js'
import { createLog } from '../platform/log.js'
import type { AddCommand, CliHost } from './host.js'
import { packsFoldersOf, thresholdsFolderOf } from './host.js'
import { judgedFindings } from './judged-findings.js'
import { interruptible, packCalled, readSet } from './labelled-set.js'
import { PATIENT_COLUMN } from './labelled-table.js'
import { wholeNumber } from './option-values.js'
import { checkOutputFiles } from './output-files.js'
import { provenanceOf } from './provenance.js'

type Options = {
  csv: string; root: string; pack: string; where: string[]; by: string[]; truth: string[]
  patientColumn: string; json?: string; html?: string; seed: string; resamples: string; data?: string
}

const list = (value: string, before: string[]): string[] => [...before, value]

/** The options that name a labelled set, shared by `evaluate` and `threshold`. */
export const labelledSetOptions = (command: Command): Command => command
  .requiredOption('--csv <file>', 'labels: a column `file`, and `label`, `grade` or what --truth names')
  .requiredOption('--root <dir>', 'folder that the files are below')
  .requiredOption('--pack <id>', 'pack to judge')
  .option('--where <column=value>', 'keep only these rows (value|value for several); repeatable', list, [])
  .option('--truth <spec>', 'finding=column:value|value or finding=column>=number; repeatable', list, [])
  .option('--patient-column <name>', 'rows with equal values are one patient', PATIENT_COLUMN)

/** AUC, sensitivity, specificity, PPV, NPV, calibration and ungradable rate of the installed product on a labelled set. */
export const addEvaluate: AddCommand = (program, host) => {
  labelledSetOptions(program.command('evaluate').description('judge the installed product on a labelled set'))
    .option('--by <column>', 'also split by this column; repeatable', list, [])
    .option('--json <file>', 'write the figures here')
    .option('--html <file>', 'write one page with ROC and reliability plots here')
    .option('--seed <n>', 'of the bootstrap', '1')
    .option('--resamples <n>', 'of the bootstrap', '2000')
    .option('--data <dir>', 'data folder with packs of the centre and the site\'s own thresholds (default: SCREENPOST_DATA, else ./data)')
    .action(async (options: Options) => {
      await checkOutputFiles({ '--json': options.json, '--html': options.html })
      const plan = planOf(await packHere(host, options), options)
      await using reader = await startReader({ packsFolder: packsFoldersOf(host, options.data), log: createLog({ level: 'error', destination: host.stderr }), readyWithinMs: 60_000 })
      const set = { ...options, splitBy: options.by, version: plan.pack.version }
      const rows = await interruptible(host, (signal) => readSet(set, { host, reader, signal }))
      const evaluation = { ...evaluate(rows, plan), provenance: { ...(await provenanceOf(set, reader)), seed: plan.seed, resamples: plan.resamples } }
      print(host, evaluation)
      if (options.json) await writeFile(options.json, `${JSON.stringify(evaluation, undefined, 1)}\n`)
      if (options.html) await writeFile(options.html, evaluationPage(evaluation))
    })
}

/** The pack with the point that this site fitted on it, if it did; why it would not serve here goes to stderr. */
async function packHere(host: CliHost, { pack: id, data }: Options): Promise<CheckedPack> {
  const pack = await packCalled(id, packsFoldersOf(host, data))
  const [here] = applySiteThresholds([pack], await readSiteThresholds(thresholdsFolderOf(host, data)))
  if (here?.problem) host.stderr.write(`${here.problem.message}\n`)
  return here && isChecked(here) ? here : pack
}

function planOf(pack: CheckedPack, options: Options): EvaluationPlan {
  const findings = judgedFindings(pack.manifest.findings.map(({ code }) => code), options.truth)
    .map((finding) => ({ ...finding, thresholds: pack.operatingPoints.points.filter((point) => point.finding === finding.code) }))
  return {
    pack: { id: pack.id, version: pack.version, sha256: pack.sha256 }, findings, columns: options.by,
    resamples: wholeNumber('--resamples', options.resamples), seed: wholeNumber('--seed', options.seed)
  }
}

const percent = ({ value, of }: Pick<Proportion, 'value' | 'of'>): string => (of === 0 ? 'none' : `${(100 * value).toFixed(1)} %`)

const ifReferred = ({ refused }: FindingEvaluation, { refusedReferred }: EvaluatedPoint): string => refused.files === 0 ? ''
  : `; with the refused referred: ${percent(refusedReferred.sensitivity)}, ${percent(refusedReferred.specificity)}`

const ofPeople = ({ byPerson }: EvaluatedPoint): string => byPerson
  ? `      by patient (${byPerson.patients}, ${byPerson.positives} positive): referred ${percent(byPerson.referred)} of the positive, cleared ${percent(byPerson.cleared)} of the others; undecided ${byPerson.undecided.count} (${byPerson.undecidedPositives} positive), positive and cleared ${byPerson.missed}\n` : ''

const indented = (sentence: string): string => (sentence ? `    ${sentence}\n` : '')

function print(host: CliHost, evaluation: Evaluation): void {
  for (const group of evaluation.groups) {
    host.stdout.write(`${group.group}: ${group.files} files, ungradable ${percent(group.ungradable)} (${group.ungradable.count}), unreadable ${group.unreadable.count}\n`)
    for (const finding of group.findings) {
      if (finding.n + finding.refused.files === 0) {
        host.stdout.write(indented(unknownSentence(finding)))
        continue
      }
      const area = finding.auc ? `AUC ${finding.auc.value.toFixed(3)} (${finding.auc.low.toFixed(3)} to ${finding.auc.high.toFixed(3)})` : 'AUC not defined'
      host.stdout.write(`  ${finding.finding}: n ${finding.n}, positive ${finding.positives}, ${area}, ECE ${finding.expectedCalibrationError?.toFixed(3) ?? 'not defined'}\n    ${refusedSentence(finding)}\n${indented(unknownSentence(finding))}`)
      for (const point of finding.operatingPoints)
        host.stdout.write(`    ${point.name} (${point.threshold.toFixed(4)}): sensitivity ${percent(point.sensitivity)}, specificity ${percent(point.specificity)}, PPV ${percent(point.positivePredictiveValue)}, NPV ${percent(point.negativePredictiveValue)}${ifReferred(finding, point)}\n${ofPeople(point)}`)
    }
  }
}
