import { join, resolve } from 'node:path'
import { systemClock } from '../platform/clock.js'
import { createLog } from '../platform/log.js'
import { FolderInUseError } from '../store/folder-lock.js'
import { StudyStore } from '../store/study-store.js'
import { importReceipts } from '../uplink/import-receipts.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'

/** What the centre says on a stick that came back; an appliance that runs with that stick as a destination does it by itself. */
export const addImportReceipts: AddCommand = (program, host) => {
  program.command('import-receipts')
    .description('take the receipts of a stick that came back from the centre')
    .argument('<dir>', 'the stick')
    .option('--data <dir>', 'data folder')
    .action(async (stick: string, options: { data?: string }) => run(host, resolve(stick), options))
}

async function run(host: CliHost, stick: string, options: { data?: string }): Promise<void> {
  const root = dataFolderOf(host, options.data)
  await using store = await openStore(root, host)
  const { committed, heldByRelay, refused, waiting } = await importReceipts({ store, clock: systemClock, stateFolder: join(root, 'uplink'), stick })
  host.stdout.write(`committed ${committed}, held by the relay ${heldByRelay}, refused ${refused}, without a word ${waiting}\n`)
}

export async function openStore(root: string, host: CliHost): Promise<StudyStore> {
  try {
    return await StudyStore.open({ root, clock: systemClock, log: createLog({ level: 'error', destination: host.stderr }), reserveBytes: 0 })
  } catch (error) {
    if (error instanceof FolderInUseError) throw new UsageError('The appliance runs: name the stick as a destination of the kind folder in the site file, and it does this by itself when the stick is plugged in. Or end the appliance first.')
    throw error
  }
}
