import { resolve } from 'node:path'
import { applyBox } from '../provisioning/apply.js'
import { describeBundle } from '../provisioning/describe-bundle.js'
import type { AddCommand, CliHost } from './host.js'
import { checkSite } from './load-config.js'

type Apply = { state: string; data: string; root: string }

/** What a box is told when it is set up; run by the units of `appliance/systemd` and by a technician. */
export const addProvision: AddCommand = (program, host, setStatus) => {
  const provision = program.command('provision').description('identity, settings and enrolment of a box')
  provision.command('apply')
    .description('make the identity at the first start and write the system\'s configuration (run by the units)')
    .requiredOption('--state <dir>', "root's folder on the data partition")
    .requiredOption('--data <dir>', "the service's data folder")
    .option('--root <dir>', 'root of the system', '/')
    .action(async (options: Apply) => setStatus(await apply(host, options)))
}

/** The label's code is shown on the box's own screen only: there it is no secret to who holds the box. */
async function apply(host: CliHost, options: Apply): Promise<number> {
  const folders = { state: resolve(options.state), data: resolve(options.data), root: resolve(options.root) }
  const { identity, problems } = await applyBox(folders, {
    checkSite: (site) => checkSite(host, { site, data: folders.data }),
    show: (bundle) => host.stdout.write(`taking from the start partition:\n${describeBundle(bundle)}`)
  })
  for (const each of problems) host.stderr.write(`not taken: ${each.path ? `${each.path}: ` : ''}${each.message}\n`)
  host.stdout.write(`box ${identity.deviceId} is set up\n`)
  return 0
}
