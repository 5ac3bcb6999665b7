import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Appliance } from '../compose.js'
import type { Config } from '../config/config.js'
import { createLog } from '../platform/log.js'
import type { Log } from '../platform/log.js'
import { lanAddresses } from '../platform/network-addresses.js'
import { createServiceNotify } from '../platform/service-notify.js'
import type { ServiceNotify } from '../platform/service-notify.js'
import { systemClock } from '../platform/clock.js'
import type { Demo } from './demo.js'
import { prepareDemo } from './demo.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packageRoot, packageVersion, packsFoldersOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'
import { startAppliance } from './start-appliance.js'

/** SCREENPOST_SAVE_POWER=1: a box on battery and sun. */
const QUIET_MS = 10 * 60_000

type Options = { data?: string; config?: string; demo?: boolean; pace?: string }

/** The appliance. Prints `ready http=URL dicom=AET@HOST:PORT` once it accepts work, and closes cleanly on SIGTERM or SIGINT. */
export const addServe: AddCommand = (program, host, setStatus) => {
  program.command('serve')
    .description('run the appliance')
    .option('--data <dir>', 'data folder (default: SCREENPOST_DATA or ./data)')
    .option('--config <file>', 'site file (docs/site-file.md)')
    .option('--demo', 'a clinic at work without hardware: generated pictures, a folder of its own, removed at the end')
    .option('--pace <n>', 'how busy the demonstration is', '1')
    .action(async (options: Options) => {
      const demo = options.demo ? await prepareDemo(options) : undefined
      try {
        setStatus(await serve(host, demo ?? options, demo))
      } finally {
        await demo?.remove()
      }
    })
}

async function serve(host: CliHost, options: Pick<Options, 'data' | 'config'>, demo?: Demo): Promise<number> {
  const config = await loadConfig(host, options)
  if (!config.ok) {
    host.stderr.write(`The configuration has problems:\n${renderProblems(config.error)}`)
    return 1
  }
  const log = createLog({ level: 'info', destination: host.stderr })
  const notify = createServiceNotify(host.env, log)
  const stop = new AbortController()
  const stopped = stopSignal(host).then(() => stop.abort())
  const box = host.env['SCREENPOST_BOX'] === '1' && options.config !== undefined ? { siteFile: resolve(options.config) } : undefined
  const appliance = await start(config.value, log, { stop: stop.signal, notify, host, demo: demo !== undefined, ...(box ? { box } : {}) })
  if (!appliance) return 0
  announce(host, appliance)
  await demo?.start(appliance, { host, log, signal: stop.signal })
  await notify.ready()
  await notify.status(`page at ${appliance.url}`)
  notify.startWatchdog(appliance.isAlive)
  await stopped
  await notify.stopping()
  notify.stop()
  await appliance[Symbol.asyncDispose]()
  return 0
}

type Watchers = { readonly stop: AbortSignal; readonly notify: ServiceNotify; readonly host: CliHost; readonly demo: boolean; readonly box?: { readonly siteFile: string } }

/** What stands in the way and a person can remove is said in words, a disk in trouble on the page too; anything else is a bug and keeps its stack. */
async function start(config: Config, log: Log, { stop, notify, host, demo, box }: Watchers): Promise<Appliance | undefined> {
  const { composeAppliance, isForPeople } = await import('../compose.js')
  const surroundings = { log, clock: systemClock, packsFolder: packsFoldersOf(host, config.dataFolder), staticFolder: `${packageRoot}/web-static`, version: packageVersion(), demo, ...(box ? { box } : {}), ...(await setupCode(host)), ...(host.env['SCREENPOST_SAVE_POWER'] === '1' ? { quietMs: QUIET_MS } : {}) }
  try {
    return await startAppliance({
      config, log, signal: stop, compose: () => composeAppliance(config, surroundings),
      inTrouble(url, problem) {
        host.stdout.write(`trouble http=${url} ${problem.message}\n`)
        // For systemd the process is up: ending it would only take the page away that says why.
        void notify.ready().then(() => notify.status(problem.message))
        notify.startWatchdog(() => Promise.resolve(true))
      }
    })
  } catch (error) {
    if (isForPeople(error)) throw new UsageError(error.message)
    throw error
  } finally {
    notify.stop()
  }
}

/** What the box's label says, handed over by the unit (`LoadCredential=setup-code`); nothing where there is no box. */
async function setupCode({ env }: CliHost): Promise<{ setupCode?: string }> {
  const text = await readFile(join(env['CREDENTIALS_DIRECTORY'] ?? '/nonexistent', 'setup-code'), 'utf8').catch(() => '')
  return text.trim() === '' ? {} : { setupCode: text.trim() }
}

const stopSignal = (host: CliHost): Promise<void> =>
  new Promise((resolve) => {
    host.signals.once('SIGTERM', resolve)
    host.signals.once('SIGINT', resolve)
  })

/** A tablet begins where it learns to trust the certificate. */
const pageAt = (address: string, plainPort: string, securePort: number | undefined): string =>
  securePort === undefined ? `http://${address}:${plainPort}` : `https://${address}:${securePort} (first http://${address}:${plainPort}/trust)`

/** The PIN goes to a terminal only: a log or a pipe would keep it. */
function announce(host: CliHost, appliance: Appliance): void {
  if (appliance.firstLoginPin !== undefined) {
    host.stdout.write(host.stdout.isTTY
      ? `first-login PIN ${appliance.firstLoginPin} (once; it makes the first administrator)\n`
      : host.env['SCREENPOST_BOX'] === '1' ? "first-login PIN: the code on the box's label\n"
        : 'first-login PIN: shown on a terminal only; start `screenpost serve` in one to see it\n')
  }
  const { port, hostname } = new URL(appliance.url)
  for (const address of lanAddresses().filter((each) => each !== hostname)) host.stdout.write(`page for tablets: ${pageAt(address, port, appliance.securePort)}\n`)
  for (const problem of appliance.problems()) host.stdout.write(`problem: ${problem.message}\n`)
  host.stdout.write(`ready http=${appliance.url} dicom=${appliance.dicomEndpoint() ?? 'none'}\n`)
}
