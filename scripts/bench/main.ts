import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Figure } from './figures.js'
import { table } from './figures.js'
import { describeMachine } from './machine.js'
import { benchIdle } from './parts/idle.js'
import { benchLatency } from './parts/latency.js'
import { benchModels } from './parts/models.js'
import { benchPage } from './parts/page.js'
import { benchSerial } from './parts/serial.js'
import { benchStart } from './parts/start.js'
import { benchStore } from './parts/store.js'
import { benchThroughput } from './parts/throughput.js'
import { benchUplink } from './parts/uplink.js'

const USAGE = `npm run bench -- [models] [latency] [throughput] [store] [start] [idle] [page] [uplink] [serial] [--json FILE] [--scratch DIR] [--sizes 100,10000]
All parts run when none is named. Build first (npm run build). --scratch: an empty place on the disk to be measured.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, scratch: { type: 'string', default: tmpdir() }, sizes: { type: 'string' }, help: { type: 'boolean', default: false } }
})
const sizes = values.sizes?.split(',').map(Number)

const PARTS: Readonly<Record<string, (scratch: string) => Promise<Figure[]>>> = {
  models: benchModels, start: (scratch) => benchStart(scratch, sizes && Math.max(...sizes)), idle: benchIdle, page: (scratch) => benchPage(scratch, sizes && Math.max(...sizes)), latency: benchLatency, throughput: benchThroughput, uplink: benchUplink, serial: benchSerial, store: (scratch) => benchStore(scratch, sizes)
}

async function bench(names: readonly string[]): Promise<void> {
  const machine = describeMachine()
  const scratch = await mkdtemp(join(values.scratch, 'screenpost-bench-'))
  const figures: Figure[] = []
  const problems: string[] = []
  try {
    for (const name of names) {
      console.error(`${name} ...`)
      try {
        figures.push(...await (PARTS[name]?.(scratch) ?? []))
      } catch (error) {
        problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryMb} MB, Linux ${machine.kernel}, Node ${machine.node}, commit ${machine.commit}, load ${machine.loadBefore.toFixed(1)} before`)
  if (figures.length > 0) console.log(table(figures))
  for (const each of problems) console.error(`failed: ${each}`)
  const json = JSON.stringify({ machine, figures, problems }, null, 1)
  if (values.json) await writeFile(values.json, `${json}\n`)
  else console.log(json)
  if (problems.length > 0) process.exitCode = 1
}

const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name))
if (values.help || unknown.length > 0 || sizes?.some((size) => !(size > 0))) {
  console.error(unknown.length > 0 ? `unknown part: ${unknown.join(', ')}\n${USAGE}` : USAGE)
  process.exitCode = values.help ? 0 : 1
} else await bench(positionals.length > 0 ? positionals : Object.keys(PARTS))
