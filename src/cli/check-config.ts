import type { AddCommand } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'

/** Says everything that is wrong with a site file, or that nothing is. */
export const addCheckConfig: AddCommand = (program, host, setStatus) => {
  program.command('check-config')
    .description('check the environment and a site file, reporting every problem at once')
    .argument('[file]', 'site file (JSON)')
    .option('--data <dir>', 'data folder')
    .action(async (file: string | undefined, options: { data?: string }) => {
      const config = await loadConfig(host, { data: options.data, config: file })
      if (config.ok) {
        host.stdout.write(`configuration is in order: ${config.value.devices.length} devices (${config.value.devices.map((d) => d.id).join(', ')})\n`)
        return
      }
      host.stderr.write(renderProblems(config.error))
      setStatus(1)
    })
}
