import { join, resolve } from 'node:path'
import type { Compiled } from '../operations/compile-packs.js'
import { ENGINE_TOOLS, detectPlatform } from '../operations/engine-platform.js'
import { systemClock } from '../platform/clock.js'
import type { AddCommand, CliHost } from './host.js'
import { dataFolderOf, packsFoldersOf } from './host.js'
import { wholeNumber } from './option-values.js'

type Options = { data?: string; packs?: string; trtexec?: string; memoryLimit: string; workspace: string }

/** Compiles the packs' models for this machine's GPU. Exit status 2 when a pack goes on without an engine. */
export const addCompile: AddCommand = (program, host, setStatus) => {
  program.command('compile')
    .description('build a TensorRT INT8 engine of each pack for this GPU, prove it by its golden cases, and put it into service')
    .option('--data <dir>', 'data folder (default: SCREENPOST_DATA or ./data); engines lie in its folder engines/')
    .option('--packs <dir>', 'packs folder (default: those of the program and of the data folder)')
    .option('--trtexec <file>', `TensorRT's trtexec (default: ${ENGINE_TOOLS.trtexec})`)
    .option('--memory-limit <MB>', 'resident memory of trtexec above which it is ended', '4096')
    .option('--workspace <MB>', "scratch memory of trtexec's search", '1024')
    .action(async (options: Options) => setStatus(await compile(host, options)))
}

async function compile(host: CliHost, options: Options): Promise<number> {
  const [memoryLimitMb, workspaceMb] = [wholeNumber('--memory-limit', options.memoryLimit), wholeNumber('--workspace', options.workspace)]
  // The runtime is loaded for this command only: every other one starts faster without it.
  const [{ checkPacks, packsInService }, { compilePacks }] = await Promise.all([import('../inference/packs.js'), import('../operations/compile-packs.js')])
  const trtexec = resolve(options.trtexec ?? ENGINE_TOOLS.trtexec)
  const platform = await detectPlatform({ ...ENGINE_TOOLS, trtexec })
  if (!platform.ok) { host.stderr.write(`${platform.error.message}\n`); return 1 }
  const { tensorrt, gpu, driver } = platform.value
  host.stdout.write(`TensorRT ${tensorrt}, ${gpu}, ${driver}\n`)
  const packs = packsInService(await checkPacks(options.packs ?? packsFoldersOf(host, options.data)))
  let status = 0
  const enginesFolder = join(dataFolderOf(host, options.data), 'engines')
  for await (const each of compilePacks(packs, { enginesFolder, platform: platform.value, trtexec, clock: systemClock, memoryLimitMb, workspaceMb })) {
    host.stdout.write(lineOf(each))
    if (each.problem) status = 2
  }
  return status
}

const lineOf = ({ pack, outcome, problem, seconds }: Compiled): string =>
  `${pack}: ${outcome.replace('-', ' ')}${seconds > 0 ? ` after ${seconds} s` : ''}${problem ? `: ${problem.message}` : ''}\n`
