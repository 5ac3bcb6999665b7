import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leaveAuditEvent } from '../access/audit.js'
import { restore } from '../operations/backup/restore.js'
import type { RestoreOptions } from '../operations/backup/restore.js'
import { ResticError } from '../operations/backup/restic.js'
import { openSshWay, sftpPlace } from '../operations/backup/ssh-way.js'
import type { DeepReport } from '../operations/deep-check.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'

type Options = { data?: string; config?: string; from?: string; identity?: string; key?: string; snapshot?: string; drill?: boolean }

/** A backup onto a new device, or the drill that shows that it would work. */
export const addRestore: AddCommand = (program, host, setStatus) => {
  program.command('restore')
    .description('bring a backup back into an empty data folder, and check all of it (docs/backup.md)')
    .option('--data <dir>', 'data folder; must be empty')
    .option('--config <file>', 'site file')
    .option('--from <repository>', 'where the backup is, in place of the site file\'s')
    .option('--identity <file>', 'the centre\'s age identity; with --drill the device\'s own key does')
    .option('--key <file>', 'the wrapped key, where it does not lie beside the backup')
    .option('--snapshot <id>', 'in place of the newest')
    .option('--drill', 'restore into a folder of its own, check everything, and remove it again')
    .action(async (options: Options) => {
      try {
        setStatus(await run(host, options))
      } catch (error) {
        if (error instanceof ResticError) throw new UsageError(error.message)
        throw error
      }
    })
}

async function run(host: CliHost, options: Options): Promise<number> {
  const data = dataFolderOf(host, options.data)
  const config = await loadConfig(host, options)
  if (!config.ok && options.from === undefined) throw new UsageError(`The configuration has problems:\n${renderProblems(config.error)}`)
  const repository = options.from ?? (config.ok ? config.value.backup?.repository : undefined)
  if (repository === undefined) throw new UsageError('Nothing says where the backup is: give --from, or a site file with `backup`.')
  const opener = await openerOf(options, data)
  const common = { repository, opener, env: host.env, ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }) }
  if (options.drill) return drill(host, { ...common, ...(await drillWay(repository, data)) })
  const report = await restore({ ...common, target: data })
  await leaveAuditEvent(join(data, 'audit'), { event: 'data.restored', by: 'cli', detail: `${report.studies} studies` }, new Date())
  return say(host, 'restored', report)
}

/** A drill goes the way by which this device makes its backups. */
const drillWay = async (repository: string, data: string): Promise<Pick<RestoreOptions, 'ssh'>> => (sftpPlace(repository) ? { ssh: await openSshWay(join(data, 'backup', 'ssh')) } : {})

async function openerOf({ identity, key, drill: isDrill }: Options, data: string): Promise<RestoreOptions['opener']> {
  if (identity === undefined) {
    const password = isDrill ? await readFile(join(data, 'backup', 'key'), 'utf8').catch(() => undefined) : undefined
    if (password === undefined) throw new UsageError('Give the centre\'s identity with --identity FILE: it opens the key of the backup.')
    return { password: password.trim() }
  }
  const identities = await readFile(identity, 'utf8').catch(() => { throw new UsageError('The identity file can not be read; check its path.') })
  return { identities, ...(key === undefined ? {} : { wrappedKey: key }) }
}

async function drill(host: CliHost, common: Omit<RestoreOptions, 'target'>): Promise<number> {
  const target = await mkdtemp(join(tmpdir(), 'screenpost-drill-'))
  try {
    return say(host, 'drill: would restore', await restore({ ...common, target }))
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

function say(host: CliHost, what: string, { studies, documents, bytes, problems }: DeepReport): number {
  host.stdout.write(`${what} ${studies} studies, ${documents} documents, ${(bytes / 1e6).toFixed(1)} MB of images; ${problems.length === 0 ? 'all agree' : `${problems.length} things do not agree`}\n`)
  for (const { where, what: wrong } of problems.slice(0, 100)) host.stdout.write(`PROBLEM  ${where}: ${wrong}\n`)
  return problems.length === 0 ? 0 : 1
}
