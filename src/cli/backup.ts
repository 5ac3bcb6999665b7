import { backUp } from '../operations/backup/backup.js'
import { ResticError } from '../operations/backup/restic.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'

type Options = { data?: string; config?: string; to?: string; recipient?: string[] }

/** Copies what is new, encrypted, to where the site file says. */
export const addBackup: AddCommand = (program, host, setStatus) => {
  program.command('backup')
    .description('make an incremental, encrypted backup with restic (docs/backup.md)')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'site file')
    .option('--to <repository>', 'a folder, sftp:user@host:/path or s3:..., in place of the site file\'s')
    .option('--recipient <age1...>', 'who can restore, in place of the site file\'s', (value: string, before: string[]) => [...before, value], [])
    .action(async (options: Options) => setStatus(await backup(host, options)))
}

async function backup(host: CliHost, options: Options): Promise<number> {
  const config = await loadConfig(host, options)
  if (!config.ok) throw new UsageError(`The configuration has problems:\n${renderProblems(config.error)}`)
  const { dataFolder, siteName, backup: site } = config.value
  const repository = options.to ?? site?.repository
  const recipients = options.recipient?.length ? options.recipient : site?.recipients
  if (repository === undefined || !recipients) throw new UsageError('Nothing says where to and for whom: fill in `backup` in the site file (docs/backup.md), or give --to and --recipient.')
  try {
    const keep = site?.keep ?? { daily: 7, weekly: 5, monthly: 12 }
    const done = await backUp({ dataFolder, repository, recipients, keep, siteName, env: host.env, now: () => new Date().toISOString() })
    host.stdout.write(`backup ${done.snapshot.slice(0, 8)}: ${done.files} files, ${(done.addedBytes / 1e6).toFixed(1)} MB new; the centre's key is ${done.wrappedKey}\n`)
    return 0
  } catch (error) {
    if (error instanceof ResticError) throw new UsageError(`No backup was made. ${error.message}`)
    throw error
  }
}
