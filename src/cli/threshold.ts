import { writeFile } from 'node:fs/promises'
import type { CostedRow } from '../evaluate/threshold.js'
import { proposeThreshold, thresholdTable } from '../evaluate/threshold.js'
import type { Scored } from '../evaluate/roc.js'
import { truthOf } from '../evaluate/truth.js'
import { startReader } from '../pipeline/reader/reader.js'
import { createLog } from '../platform/log.js'
import { labelledSetOptions } from './evaluate.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFolder } from './host.js'
import type { LabelledSet } from './labelled-set.js'
import { interruptible, packCalled, readSet } from './labelled-set.js'
import { adoptThreshold } from './site-threshold.js'

type Options = LabelledSet & { truth: string[]; finding: string; sensitivity: string; screenCost: string; confirmCost: string; json?: string; adopt?: boolean; by?: string; data?: string }

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
    .action(async (options: Options) => {
      const { by } = options
      if (options.adopt && by === undefined) throw new UsageError('A threshold that is put into force needs --by: the name of who answers for it.')
      const pack = await packCalled(options.pack)
      const cases = await casesOf(host, options)
      const table = thresholdTable(cases, { screen: Number(options.screenCost), confirm: Number(options.confirmCost) })
      const proposal = proposeThreshold(table, Number(options.sensitivity))
      if (!proposal) throw new UsageError(`No case is positive for ${options.finding}; check the labels or --truth.`)
      const bound = { pack: pack.id, version: pack.version, modelSha256: pack.sha256, finding: options.finding }
      if (options.json) await writeFile(options.json, `${JSON.stringify({ ...bound, n: cases.length, proposal, table }, undefined, 1)}\n`)
      host.stdout.write(`threshold  found  missed  tests needed  cost  cost per case found\n${table.filter(everyTenth(table.length)).map(line).join('')}`)
      host.stdout.write(`proposed ${proposal.threshold.toFixed(4)} for ${bound.finding} of ${bound.pack} ${bound.version} (model ${bound.modelSha256.slice(0, 12)}): ${line(proposal)}`)
      if (options.adopt && by !== undefined) await adoptThreshold(host, { pack, finding: options.finding, row: proposal, n: cases.length, by, data: options.data })
    })
}

async function casesOf(host: CliHost, options: Options): Promise<Scored[]> {
  const truth = truthOf(options.finding, options.truth)
  if (!truth.ok) throw new UsageError(`${truth.error.path}: ${truth.error.message}`)
  await using reader = await startReader({ packsFolder, log: createLog({ level: 'error', destination: host.stderr }) })
  await reader.ready
  const rows = await interruptible(host, (signal) => readSet(options, { host, reader, signal }))
  return rows.flatMap(({ row, patient, scores }) => {
    const positive = truth.value(row)
    const score = scores[options.finding]
    return positive === undefined || score === undefined ? [] : [{ score, positive, patient }]
  })
}

/** The printed table shows about thirty rows; the JSON has all. */
const everyTenth = (rows: number) => (_: CostedRow, at: number): boolean => at % Math.max(1, Math.ceil(rows / 30)) === 0

const line = (row: CostedRow): string =>
  `${row.threshold.toFixed(4).padStart(9)}  ${String(row.truePositives).padStart(5)}  ${String(row.falseNegatives).padStart(6)}  ${String(row.testsNeeded).padStart(12)}  ${row.cost}  ${row.costPerCaseFound?.toFixed(1) ?? '-'}\n`
