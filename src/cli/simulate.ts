import type { Command } from 'commander'
import { systemClock } from '../platform/clock.js'
import { createLog } from '../platform/log.js'
import type { SimulatorKind, SimulatorOptions } from '../simulate/simulator-kind.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError } from './host.js'
import { amount, partOf, wholeNumber } from './option-values.js'

type Options = { list?: boolean; to?: string; url?: string; token?: string; folder?: string; out?: string; port?: string; text?: string; seed: string; every: string; count: string; corrupt: string; drop: string; unplug: string }

const loadSimulators = async (): Promise<readonly SimulatorKind[]> => (await import('../simulate/simulators.js')).simulators

/** Devices without hardware: they send generated images, marked PHANTOM in pixels and metadata. */
export const addSimulate: AddCommand = (program, host) => {
  withOptions(program.command('simulate').description('be a device that sends generated images; --list names the kinds').argument('[kind]', 'a kind of device (also: digitizer)'))
    .action(async (kind: string | undefined, options: Options) => {
      const all = await loadSimulators()
      if (options.list) return void host.stdout.write(all.map((each) => `${each.kind}\n`).join(''))
      const name = kind === 'digitizer' ? 'serial-digitizer' : kind
      const simulator = all.find((each) => each.kind === name)
      if (!simulator) throw new UsageError(`Say which kind:\n${all.map((each) => `  ${each.kind}: ${each.does} (needs ${each.needs.map((need) => `--${need}`).join(' ')})`).join('\n')}`)
      for (const need of simulator.needs) if (options[need as keyof Options] === undefined) throw new UsageError(`${simulator.kind} needs --${need}.`)
      await simulate(simulator, host, options)
    })
}

const withOptions = (command: Command): Command => command
  .option('--list', 'the kinds, one a line')
  .option('--to <aet@host:port>', 'DICOM receiver')
  .option('--url <url>', 'the page of the appliance').option('--token <token>', 'of an operator')
  .option('--folder <dir>', 'the folder that the device of the site file names').option('--out <file>', 'the file to write')
  .option('--port <path>', 'where the pseudo-terminal is linked').option('--text <text>', 'the code that is scanned')
  .option('--seed <n>', 'of anatomy and faults', '1').option('--every <seconds>', 'a new picture so often', '5').option('--count <n>', 'so many, then end (0: until Ctrl-C)', '0')
  .option('--corrupt <share>', 'digitizer: share of frames with a wrong byte', '0').option('--drop <share>', 'digitizer: share of frames that never arrive', '0')
  .option('--unplug <frames>', 'digitizer: pull the cable each time about so many frames were sent (0: never)', '0')

/** What the options say in numbers. @throws UsageError */
function numbersOf({ seed, every, count, corrupt, drop, unplug }: Options): Pick<SimulatorOptions, 'seed' | 'everyMs' | 'count' | 'faults'> {
  return {
    seed: wholeNumber('--seed', seed, 0), everyMs: amount('--every', every, 'a unit: seconds are meant') * 1000, count: wholeNumber('--count', count, 0),
    faults: { corrupt: partOf('--corrupt', corrupt), drop: partOf('--drop', drop), unplugEveryFrames: wholeNumber('--unplug', unplug, 0) || undefined }
  }
}

async function simulate(simulator: SimulatorKind, host: CliHost, options: Options): Promise<void> {
  const numbers = numbersOf(options)
  const stop = new AbortController()
  host.signals.once('SIGINT', () => stop.abort())
  host.signals.once('SIGTERM', () => stop.abort())
  const { to, url, token, folder, out, port, text } = options
  const told: SimulatorOptions = {
    to, url, token, folder, out, port, text, ...numbers,
    now: () => systemClock.now(), signal: stop.signal, log: createLog({ level: 'info', destination: host.stderr }), say: (line) => void host.stdout.write(`${line}\n`)
  }
  await simulator.run(told).catch((error: unknown) => { throw new UsageError(error instanceof Error ? error.message : String(error)) })
}
