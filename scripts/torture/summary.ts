import type { Torture } from './run.js'

/** The figures that the run is judged by. */
export type Summary = {
  readonly crashPoints: number
  readonly acknowledgedLost: number
  readonly doubled: number
  readonly illegalStates: number
  readonly fuzzInputs: number
  readonly crashes: number
  readonly hangs: number
  /** Of a fuzzed process; Node with the service's parts takes about 150 at rest. */
  readonly peakMemoryMb: number
  readonly seed: number
}

export function summarise({ replayed, lived, fuzzed }: Torture, seed: number): Summary {
  const count = (key: 'lost' | 'doubled' | 'illegal'): number => replayed.verdict[key].length + lived.verdict[key].length
  const sum = (of: (each: Torture['fuzzed'][number]) => number): number => fuzzed.reduce((total, each) => total + of(each), 0)
  return {
    crashPoints: replayed.crashPoints + lived.crashPoints, acknowledgedLost: count('lost'), doubled: count('doubled'), illegalStates: count('illegal'),
    fuzzInputs: sum(({ inputs }) => inputs), crashes: sum(({ crashes }) => crashes.length), hangs: sum(({ hangs }) => hangs.length),
    peakMemoryMb: Math.round(Math.max(0, ...fuzzed.map(({ peakMemoryMb }) => peakMemoryMb))), seed
  }
}

/** What went wrong in sentences; empty when all promises held and the harness itself saw everything. */
export const findings = ({ replayed, lived, fuzzed, order }: Torture): string[] => [
  ...[replayed, lived].flatMap(({ verdict, worries }) => [
    ...verdict.lost.map((each) => `LOST ${each}`), ...verdict.doubled.map((each) => `DOUBLED ${each}`), ...verdict.illegal.map((each) => `ILLEGAL ${each}`), ...worries.map((each) => `HARNESS ${each}`)
  ]),
  ...fuzzed.flatMap(({ crashes, hangs }) => [...crashes.map((each) => `CRASH ${each}`), ...hangs.map((each) => `HANG ${each}`)]),
  ...(order && !order.holds ? [`ORDER the answer to a C-STORE left before all was durable: ${JSON.stringify(order.steps)}`] : [])
]

export function table(summary: Summary, torture: Torture): string {
  const rows: [string, number | string][] = [
    ['crash points tried', summary.crashPoints], ['  replayed from journals of real flows', torture.replayed.crashPoints], ['  deaths of the real appliance', torture.lived.crashPoints],
    ['images given up by retention meanwhile', torture.replayed.evicted + torture.lived.evicted], ['starts refused while the disk failed', torture.lived.refusedStarts], ['acknowledged, then lost', summary.acknowledgedLost], ['doubled', summary.doubled], ['illegal states', summary.illegalStates],
    ['durable before the C-STORE answer', torture.order ? (torture.order.holds ? 'yes' : 'NO') : 'not traced (no strace)'],
    ['inputs fuzzed', summary.fuzzInputs], ...torture.fuzzed.map(({ target, inputs }): [string, number] => [`  ${target}`, inputs]),
    ['crashes', summary.crashes], ['hangs', summary.hangs], ['peak memory, MB', summary.peakMemoryMb], ['seed', summary.seed]
  ]
  return rows.map(([name, value]) => `${name.padEnd(40)}${String(value).padStart(10)}`).join('\n')
}
