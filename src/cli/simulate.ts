import { createLog } from '../platform/log.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError } from './host.js'

type Options = { list?: boolean; port?: string; seed: string; every: string; corrupt: string; drop: string; unplug: string }

/** Kinds that have a simulator, one a line with `--list`. */
const KINDS = ['serial-digitizer'] as const

/** Devices without hardware: they send generated images, marked PHANTOM. */
export const addSimulate: AddCommand = (program, host) => {
  program.command('simulate')
    .description('be a device that sends generated images')
    .argument('[kind]', `${KINDS.join(', ')} (also: digitizer)`)
    .option('--list', 'the kinds, one a line')
    .option('--port <path>', 'where the digitizer\'s pseudo-terminal is linked')
    .option('--seed <n>', 'of anatomy and faults', '1')
    .option('--every <seconds>', 'a new film so often', '5')
    .option('--corrupt <share>', 'share of frames with a wrong byte', '0')
    .option('--drop <share>', 'share of frames that never arrive', '0')
    .option('--unplug <frames>', 'pull the cable each time about so many frames were sent (0: never)', '0')
    .action(async (kind: string | undefined, options: Options) => {
      if (options.list) host.stdout.write(KINDS.map((each) => `${each}\n`).join(''))
      else if (kind === 'digitizer' || kind === 'serial-digitizer') await simulateDigitizer(host, options)
      else throw new UsageError(`Say which kind: ${KINDS.join(', ')}.`)
    })
}

async function simulateDigitizer(host: CliHost, options: Options): Promise<void> {
  if (!options.port) throw new UsageError('Say where the line shall be: --port PATH (a link to the pseudo-terminal is made there).')
  const { startDigitizerSimulator } = await import('../simulate/digitizer/simulator.js')
  const stop = new AbortController()
  host.signals.once('SIGINT', () => stop.abort())
  host.signals.once('SIGTERM', () => stop.abort())
  const simulator = await startDigitizerSimulator({
    port: options.port, seed: Number(options.seed), everyMs: Number(options.every) * 1000, signal: stop.signal,
    faults: { corrupt: Number(options.corrupt), drop: Number(options.drop), unplugEveryFrames: options.unplug === '0' ? undefined : Number(options.unplug) },
    log: createLog({ level: 'info', destination: host.stderr })
  })
  host.stdout.write(`digitizer at ${options.port}; Ctrl-C ends it\n`)
  await simulator.ended
}
