import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { prepareGround } from './ground.js'
import { largeFilms } from './large-films.js'
import { createRandom } from './random.js'
import { torture, tortureSample } from './run.js'
import { soak, soakFindings } from './soak.js'
import { findings, summarise, table } from './summary.js'

const USAGE = `npm run torture -- --minutes N [--json FILE] [--seed S] [--scratch DIR]
npm run torture -- soak [--studies 5000] [--json FILE] [--seed S]     a day of a busy clinic, counted and compared at its end
npm run torture -- films [--studies 40] [--seed S]     large films alone: the most memory on the way, for a tenth of them and for all
npm run torture -- --sample [--json FILE] [--seed S]     about a dozen crash points, no fuzzing
Pulls the plug, fills the disk and feeds rubbish to the parsers for about N minutes. Build first (npm run build); needs cc, storescu
and, for the order of system calls, strace. --scratch: default /dev/shm, else the temporary folder; needs 1 GB free.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '3' }, json: { type: 'string' }, seed: { type: 'string' }, scratch: { type: 'string' }, sample: { type: 'boolean', default: false }, studies: { type: 'string' }, help: { type: 'boolean', default: false } }
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))

async function runSoak(): Promise<void> {
  console.error(`seed ${seed}`)
  await using ground = await prepareGround(values.scratch ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()))
  const summary = await soak({ ground, studies: Number(values.studies ?? 5000), seed, random: createRandom(seed), say: (line) => console.error(line) })
  for (const [name, value] of Object.entries(summary)) if (name !== 'samples') console.log(`${name.padEnd(40)}${(Array.isArray(value) ? value.join(' -> ') : String(value)).padStart(14)}`)
  if (values.json) await writeFile(values.json, `${JSON.stringify(summary)}\n`)
  const found = soakFindings(summary)
  for (const each of found) console.error(`SOAK ${each}`)
  if (found.length > 0) process.exitCode = 1
}

async function runFilms(): Promise<void> {
  console.error(`seed ${seed}`)
  await using ground = await prepareGround(values.scratch ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()))
  const all = Number(values.studies ?? 40)
  for (const films of [Math.ceil(all / 10), all]) console.log(JSON.stringify(await largeFilms({ ground, films, random: createRandom(seed) })))
}

async function main(): Promise<void> {
  console.error(`seed ${seed}`)
  await using ground = await prepareGround(values.scratch ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()))
  const say = (line: string): void => console.error(line)
  const outcome = values.sample ? await tortureSample(ground, seed) : await torture(ground, { minutes, seed, say })
  const summary = summarise(outcome, seed)
  for (const each of findings(outcome)) console.error(each)
  console.log(table(summary, outcome))
  if (values.json) await writeFile(values.json, `${JSON.stringify(summary)}\n`)
  if (findings(outcome).length > 0) process.exitCode = 1
}

if (values.help || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error(USAGE)
  process.exitCode = values.help ? 0 : 1
} else {
  const chosen = { soak: runSoak, films: runFilms }[positionals[0] ?? ''] ?? main
  await chosen().catch((error: unknown) => {
    // Tidying up after a failure may fail too; the first of both is what happened.
    console.error(error instanceof Error && 'suppressed' in error ? String(error.suppressed) : String(error))
    // What stopped in the middle may have left a receiver listening.
    process.exit(1)
  })
}
