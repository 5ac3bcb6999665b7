import { resolve } from 'node:path'
import type { Config } from '../config/config.js'
import { systemClock } from '../platform/clock.js'
import { createLog } from '../platform/log.js'
import { folderTransport, type FolderOptions } from '../uplink/transports/folder/folder.js'
import type { DestinationStatus, Uplink } from '../uplink/uplink.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packageRoot, packageVersion, packsFoldersOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'

type Options = { to: string; recipient: string; data?: string; config?: string; clinic: string; sameDisk?: boolean }

const POLL_MS = 250

/** Everything that is not on a stick yet, onto a stick. For clinics without any link; the appliance must not run meanwhile. */
export const addExport: AddCommand = (program, host, setStatus) => {
  program.command('export')
    .description('write every result and image, encrypted to the centre, onto a stick (docs/relay.md)')
    .requiredOption('--to <dir>', 'the stick')
    .requiredOption('--recipient <key>', 'public key of the centre (age1...)')
    .option('--clinic <name>', 'as whom, in the manifest', 'clinic')
    .option('--same-disk', 'the folder is on the appliance\'s own disk, and that is meant')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'site file')
    .action(async (options: Options) => setStatus(await run(host, options)))
}

async function run(host: CliHost, options: Options): Promise<number> {
  const loaded = await loadConfig(host, options)
  if (!loaded.ok) throw new UsageError(`The configuration has problems:\n${renderProblems(loaded.error)}`)
  const parsed = folderTransport.parseOptions({ folder: resolve(options.to), recipient: options.recipient, clinic: options.clinic, sameDisk: options.sameDisk ?? false }, { callingAeTitle: '' })
  if (!parsed.ok) throw new UsageError(parsed.error.map(({ path, message }) => `--${path === 'folder' ? 'to' : path}: ${message}`).join('\n'))
  const { composeExport, isForPeople } = await import('../compose.js')
  const log = createLog({ level: 'error', destination: host.stderr })
  try {
    await using part = await composeExport(onlyTo(loaded.value, parsed.value), { log, clock: systemClock, packsFolder: packsFoldersOf(host, loaded.value.dataFolder), staticFolder: `${packageRoot}/web-static`, version: packageVersion() })
    return await untilWritten(host, part.uplink)
  } catch (error) {
    if (isForPeople(error)) throw new UsageError(error.message)
    throw error
  }
}

/** The site's own destination for that key, when it has one, so that what it wrote counts. Its hours and bytes are not asked for: somebody stands there with the stick. */
function onlyTo(config: Config, options: FolderOptions): Config {
  const own = config.destinations.find((one) => one.kind === 'folder' && (one.options as FolderOptions).recipient === options.recipient)
  const policy = { onlyUnmetered: false, holdUnattachedHours: own?.policy.holdUnattachedHours ?? 0 }
  const shared = { send: ['images', 'sr', 'heatmap', 'pdf'] as const, commitment: false, deidentified: false, onCorrection: 'ask' as const, recompress: true, overreads: false, priors: 0 }
  return { ...config, devices: [], destinations: [{ ...shared, id: 'stick', kind: 'folder', ...own, options, policy }] }
}

/** Says on the way how much is left; Ctrl-C at any time loses nothing, the next export goes on. */
async function untilWritten(host: CliHost, uplink: Uplink): Promise<number> {
  let shown = ''
  for (;;) {
    const [now] = uplink.status()
    const said = now ? `${now.accepted + now.committed} on the stick, ${now.outstanding} to go\n` : ''
    if (said !== shown) host.stderr.write(said)
    shown = said
    if (now?.problem && !now.reachable) throw new UsageError(now.problem.message)
    if (uplink.isPlanned() && (!now || now.outstanding === 0 || now.waitingFor)) {
      host.stdout.write(`on the stick ${now?.accepted ?? 0}, committed ${now?.committed ?? 0}, need a person ${now?.needsPerson ?? 0}${now ? heldBack(now) : ''}\n`)
      return (now?.needsPerson ?? 0) + (now?.outstanding ?? 0) > 0 ? 1 : 0
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** What waits for an answer of a nurse, who can give none while the appliance does not run. */
const heldBack = ({ outstanding, waitingFor }: DestinationStatus): string =>
  (outstanding === 0 ? '' : `, held back ${outstanding}: ${waitingFor === 'name' ? 'nobody has said whose these are' : 'a nurse is asked of which eye these are, or whose'}. Answer that on the page, then export again`)
