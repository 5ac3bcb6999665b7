import { createRandom } from '../random.js'
import { inputOf } from './mutate.js'
import { TARGETS } from './targets.js'

/** Forked by fuzz.ts: feeds one target until it is ended, and says of each input that it begins. */
export type Report = { readonly begun: number; readonly memoryMb: number } | { readonly fault: number; readonly reason: string }

const [, , name = '', seed = '1', from = '0'] = process.argv
const target = await TARGETS[name]!()
const tell = (report: Report): void => { process.send?.(report) }

let ended = false
process.on('disconnect', () => { ended = true })
let lastTold = 0
for (let number = Number(from); !ended; number++) {
  const input = inputOf(target, inputRandom(Number(seed), number))
  if (performance.now() - lastTold > 100 || number === Number(from)) {
    tell({ begun: number, memoryMb: memoryMb() })
    lastTold = performance.now()
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  await target.feed(input).catch((error: unknown) => tell({ fault: number, reason: String(error) }))
}
await target.close?.()
process.exit(0)

/** What is resident, or what buffers hold if that is more: a large one of which nothing was written yet is not resident. */
function memoryMb(): number {
  return Math.max(process.memoryUsage.rss(), process.memoryUsage().external) / 1048576
}

function inputRandom(run: number, number: number): ReturnType<typeof createRandom> {
  return createRandom(run * 1_000_003 + number)
}
