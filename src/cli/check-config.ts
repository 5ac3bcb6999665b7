import { join } from 'node:path'
import type { Config } from '../config/config.js'
import type { Problem } from '../domain/problem.js'
import { checkPacks, packsInService } from '../inference/packs.js'
import { applySiteThresholds, readSiteThresholds } from '../inference/site-thresholds.js'
import { namesIn, unknownChoices } from '../triage/operating-point.js'
import type { AddCommand, CliHost } from './host.js'
import { packsFoldersOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'

/** Says everything that is wrong with a site file, or that nothing is. */
export const addCheckConfig: AddCommand = (program, host, setStatus) => {
  program.command('check-config')
    .description('check the environment and a site file, reporting every problem at once')
    .argument('[file]', 'site file (JSON)')
    .option('--data <dir>', 'data folder')
    .action(async (file: string | undefined, options: { data?: string }) => {
      const config = await loadConfig(host, { data: options.data, config: file })
      const problems = config.ok ? await pointProblems(host, config.value) : config.error
      if (config.ok && problems.length === 0) {
        host.stdout.write(`configuration is in order: ${config.value.devices.length} devices (${config.value.devices.map((d) => d.id).join(', ')})\n`)
        return
      }
      host.stderr.write(renderProblems(problems))
      setStatus(1)
    })
}

/** What it says of operating points, against the packs of this computer. */
async function pointProblems(host: CliHost, { operatingPoints, dataFolder }: Config): Promise<Problem[]> {
  const found = await checkPacks(packsFoldersOf(host, dataFolder))
  const serving = packsInService(applySiteThresholds(found, await readSiteThresholds(join(dataFolder, 'thresholds'))))
  return unknownChoices(operatingPoints, [...serving.map((pack) => ({ id: pack.id, points: namesIn(pack.operatingPoints) })), ...found.map(({ id }) => ({ id }))])
}
