import { join } from 'node:path'
import { monthBefore, monthCsv, monthReport } from '../operations/month-report.js'
import { systemClock } from '../platform/clock.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'

type Options = { data?: string; month?: string; stdout?: boolean }

/** The month's counts as a table, for whoever answers for the programme; run on the first of each month by a timer. */
export const addReport: AddCommand = (program, host, setStatus) => {
  program.command('report')
    .description('write the counts of a month, without anything of a patient, to <data>/reports/MONTH.csv')
    .option('--data <dir>', 'data folder (default: SCREENPOST_DATA or ./data)')
    .option('--month <YYYY-MM>', 'the month (default: the one before this one)')
    .option('--stdout', 'print it in place of writing it')
    .action(async (options: Options) => setStatus(await report(host, options)))
}

async function report(host: CliHost, options: Options): Promise<number> {
  const month = options.month ?? monthBefore(systemClock.now())
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new UsageError(`--month ${month}: expected a month such as 2026-10`)
  const data = dataFolderOf(host, options.data)
  const found = await monthReport(data, month)
  if (options.stdout) { host.stdout.write(monthCsv(found)); return 0 }
  const path = join(data, 'reports', `${month}.csv`)
  await makeDirectoryDurable(join(data, 'reports'))
  await writeFileDurable(path, monthCsv(found))
  host.stdout.write(`${path}: ${found.images} images${found.unreadable > 0 ? `, ${found.unreadable} documents could not be read (the slow check repairs them)` : ''}\n`)
  return 0
}
