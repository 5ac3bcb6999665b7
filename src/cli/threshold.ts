import { writeFile } from 'node:fs/promises'
import type { SortedRows } from '../evaluate/evaluation.js'
import { countRefused, sortRows } from '../evaluate/evaluation.js'
import { refusedSentence, share, unknownSentence } from '../evaluate/report-page.js'
import type { CostedRow } from '../evaluate/threshold.js'
import { LEAST_OF_EACH_KIND, proposeThreshold, thresholdTable } from '../evaluate/threshold.js'
import type { CheckedPack } from '../inference/packs.js'
import { startReader } from '../pipeline/reader/reader.js'
import { createLog } from '../platform/log.js'
import { labelledSetOptions } from './evaluate.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFoldersOf } from './host.js'
import { judgedFindings } from './judged-findings.js'
import { interruptible, packCalled, readSet } from './labelled-set.js'
import type { LabelledSet } from './labelled-table.js'
import { amount, shareOf } from './option-values.js'
import { checkOutputFiles } from './output-files.js'
import { adoptThreshold } from './site-threshold.js'

type Options = LabelledSet & { finding: string; sensitivity: string; screenCost: string; confirmCost: string; json?: string; adopt?: boolean; by?: string; data?: string }

/** The TDR toolkit's table on a site's own cases, and the threshold that it proposes, bound to the model's hash. */
export const addThreshold: AddCommand = (program, host) => {
  labelledSetOptions(program.command('threshold').description('propose an operating point from a site\'s own labelled cases'))
    .requiredOption('--finding <code>', 'finding whose threshold is sought')
    .option('--sensitivity <share>', 'least sensitivity, 0 to 1', '0.9')
    .option('--screen-cost <amount>', 'of one image read', '1')
    .option('--confirm-cost <amount>', 'of one confirmatory test', '10')
    .option('--json <file>', 'write the whole table and the proposal here')
    .option('--adopt', 'put the proposal into force for this site; needs --by')
    .option('--by <name>', 'who answers for it; kept beside the threshold')
    .option('--data <dir>', 'data folder (default: SCREENPOST_DATA, else ./data)')
    .action((options: Options) => fitThreshold(host, options))
}

async function fitThreshold(host: CliHost, options: Options): Promise<void> {
  const { by, finding } = options
  if (options.adopt && by === undefined) throw new UsageError('A threshold that is put into force needs --by: the name of who answers for it.')
  const sensitivity = shareOf('--sensitivity', options.sensitivity)
  const costs = { screen: amount('--screen-cost', options.screenCost), confirm: amount('--confirm-cost', options.confirmCost) }
  await checkOutputFiles({ '--json': options.json })
  const pack = await packCalled(options.pack, packsFoldersOf(host, options.data))
  const rows = await rowsFor(host, pack, options)
  const table = thresholdTable(rows.cases, costs)
  const proposal = proposeThreshold(table, sensitivity)
  if (!proposal) throw new UsageError(`No case with a score is positive for ${finding}; check the labels or --truth. ${leftOut(finding, rows)}`)
  const proposed: Proposed = { bound: { pack: pack.id, version: pack.version, modelSha256: pack.sha256, finding }, rows, table, proposal }
  print(host, proposed)
  if (options.json) await writeFile(options.json, `${JSON.stringify(record(proposed), undefined, 1)}\n`)
  const why = unfit(finding, proposal)
  if (options.adopt && why) throw new UsageError(`${why} Nothing was adopted.`)
  if (why) host.stdout.write(`${why}\n`)
  if (options.adopt && by !== undefined) await adoptThreshold(host, { pack, finding, row: proposal, n: rows.cases.length, by, data: options.data })
}

type Proposed = {
  readonly bound: { readonly pack: string; readonly version: string; readonly modelSha256: string; readonly finding: string }
  readonly rows: SortedRows; readonly table: readonly CostedRow[]; readonly proposal: CostedRow
}

const record = ({ bound, rows, table, proposal }: Proposed) =>
  ({ ...bound, n: rows.cases.length, refused: countRefused(rows), unknown: rows.unknown, proposal, table })

const leftOut = (finding: string, rows: SortedRows): string =>
  `${refusedSentence({ refused: countRefused(rows) })} ${unknownSentence({ finding, unknown: rows.unknown })}`.trimEnd()

function print(host: CliHost, { bound, rows, table, proposal }: Proposed): void {
  const { pack, version, modelSha256, finding } = bound
  host.stdout.write(`threshold  found  missed  tests needed  cost  cost per case found\n${table.filter(everyTenth(table.length)).map(line).join('')}`)
  host.stdout.write(`proposed ${proposal.threshold.toFixed(4)} for ${finding} of ${pack} ${version} (model ${modelSha256.slice(0, 12)}): ${line(proposal)}`)
  host.stdout.write(`sensitivity ${share(proposal.sensitivity)}, specificity ${share(proposal.specificity)}; in brackets the 95 % interval and the cases\n`)
  host.stdout.write(`${leftOut(finding, rows)}\n`)
}

/** Why a proposal may not be put into force; undefined where it may. */
export function unfit(finding: string, { sensitivity, specificity }: Pick<CostedRow, 'sensitivity' | 'specificity'>): string | undefined {
  if (Math.min(sensitivity.of, specificity.of) < LEAST_OF_EACH_KIND)
    return `${sensitivity.of} positive and ${specificity.of} negative cases of ${finding} are too few to adopt a threshold: ${LEAST_OF_EACH_KIND} of each are the least. Label more.`
  return sensitivity.count > 0 && specificity.count > 0 ? undefined
    : `With this threshold every case is ${specificity.count === 0 ? 'positive' : 'negative'}, ill or not: it tells nobody apart. Check that the labels or --truth are those of ${finding}, or ask for another --sensitivity.`
}

async function rowsFor(host: CliHost, pack: CheckedPack, options: Options): Promise<SortedRows> {
  const codes = pack.manifest.findings.map(({ code }) => code)
  const judged = judgedFindings(codes, options.truth).find(({ code }) => code === options.finding)
  if (!judged) throw new UsageError(`--finding: ${pack.id} has no finding ${options.finding}; it has ${codes.join(', ') || 'none'}.`)
  await using reader = await startReader({ packsFolder: packsFoldersOf(host, options.data), log: createLog({ level: 'error', destination: host.stderr }), readyWithinMs: 60_000 })
  const rows = await interruptible(host, (signal) => readSet({ ...options, version: pack.version }, { host, reader, signal }))
  return sortRows(rows, judged)
}

/** The printed table shows about thirty rows; the JSON has all. */
const everyTenth = (rows: number) => (_: CostedRow, at: number): boolean => at % Math.max(1, Math.ceil(rows / 30)) === 0

const line = (row: CostedRow): string =>
  `${row.threshold.toFixed(4).padStart(9)}  ${String(row.truePositives).padStart(5)}  ${String(row.falseNegatives).padStart(6)}  ${String(row.testsNeeded).padStart(12)}  ${row.cost}  ${row.costPerCaseFound?.toFixed(1) ?? '-'}\n`
