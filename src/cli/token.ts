import { join } from 'node:path'
import { Option } from 'commander'
import { createToken, listTokens, revokeToken } from '../access/tokens.js'
import { systemClock } from '../platform/clock.js'
import type { AddCommand } from './host.js'
import { UsageError, dataFolderOf } from './host.js'

/** Bearer tokens for programs: one file each, so that this works beside a running `serve`. */
export const addToken: AddCommand = (program, host) => {
  const token = program.command('token').description('bearer tokens for programs that use the JSON API')
  const folderOf = (data: string | undefined) => join(dataFolderOf(host, data), 'access', 'tokens')

  token.command('create')
    .description('make a token and print it; it is valid at once and can not be shown again')
    .addOption(new Option('--role <role>', 'what the token may do').choices(['viewer', 'operator', 'clinician', 'admin']).makeOptionMandatory())
    .option('--label <text>', 'what it is for', 'command line')
    .option('--data <dir>', 'data folder')
    .action(async (options: { role: 'viewer' | 'operator' | 'clinician' | 'admin'; label: string; data?: string }) => {
      const made = await createToken({ folder: folderOf(options.data), role: options.role, label: options.label, clock: systemClock })
      host.stdout.write(`${made.token}\n`)
    })

  token.command('list').option('--data <dir>', 'data folder').action(async (options: { data?: string }) => {
    for (const each of await listTokens(folderOf(options.data))) host.stdout.write(`${each.id}  ${each.role}  ${each.createdAt}  ${each.label}\n`)
  })

  token.command('revoke').argument('<id>').option('--data <dir>', 'data folder').action(async (id: string, options: { data?: string }) => {
    if (!(await revokeToken(folderOf(options.data), id))) throw new UsageError(`There is no token ${id}; see \`screenpost token list\`.`)
  })
}
