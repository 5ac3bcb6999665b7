import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Option } from 'commander'
import type { Command } from 'commander'
import { describeBundle } from '../provisioning/describe-bundle.js'
import { checkBundle, takeBundle } from '../provisioning/take-bundle.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, dataFolderOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'
import { signFolder, type SignOptions } from './sign-bundle.js'
import { fetchUpdates } from '../operations/fetch-updates.js'

type Options = { data?: string; state?: string; trust: string }

/** Bundles of a centre: shown, taken, and (at the centre) signed. */
export const addUpdate: AddCommand = (program, host, setStatus) => {
  const update = program.command('update').description('signed bundles of a centre: site, settings, packs and operating points')
  const folderCommand = (name: string, description: string): Command => update.command(name).description(description).argument('<folder>', 'folder with bundle.json')
    .requiredOption('--trust <pem>', "the centre's public key").option('--data <dir>', 'data folder').option('--state <dir>', "root's folder on the data partition (default: the data folder's box/)")
  folderCommand('show', 'say what taking the bundle would do').action(async (folder: string, options: Options) => setStatus(await read(host, folder, options, false)))
  folderCommand('take', 'check the bundle and take it').action(async (folder: string, options: Options) => setStatus(await read(host, folder, options, true)))
  update.command('fetch').description('fetch what the centre has laid out (site file, part updates) into <data>/updates; goes on where it broke off')
    .option('--data <dir>', 'data folder').option('--config <file>', 'site file').action(async (options: { data?: string; config?: string }) => setStatus(await fetchFrom(host, options)))
  update.command('sign').description('at the centre: sign the packs/ and thresholds/ of a folder, a site file, settings').argument('<folder>')
    .requiredOption('--key <pem>', "the centre's Ed25519 private key").requiredOption('--from <name>', 'who sends it').requiredOption('--serial <n>', 'number of this bundle')
    .addOption(new Option('--kind <kind>', 'what it holds').choices(['site', 'packs']).default('packs')).option('--site <file>', 'site file').option('--settings <file>', 'settings of the box')
    .action(async (folder: string, options: SignOptions) => signFolder(folder, options))
}

/** Run by a timer: nothing to fetch is no failure, and a line that is down is tried again by the next run. */
async function fetchFrom(host: CliHost, options: { data?: string; config?: string }): Promise<number> {
  const config = await loadConfig(host, options)
  if (!config.ok) throw new UsageError(`The configuration has problems:\n${renderProblems(config.error)}`)
  const { updates, dataFolder } = config.value
  if (!updates) { host.stdout.write('the site names no place for updates (site file, part updates)\n'); return 0 }
  const { bytesPerSecond } = updates
  const fetched = await fetchUpdates({ url: updates.url, folder: join(dataFolder, 'updates'), ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) })
  if (!fetched.ok) { host.stderr.write(`${fetched.error.message}\n`); return 1 }
  const { system, packs } = fetched.value
  host.stdout.write(system === undefined && packs === undefined ? 'nothing new\n' : `fetched${system === undefined ? '' : ` system ${system}`}${packs === undefined ? '' : ` packs ${packs}`}\n`)
  return 0
}

async function read(host: CliHost, folder: string, options: Options, take: boolean): Promise<number> {
  const data = dataFolderOf(host, options.data)
  const places = { data, state: options.state === undefined ? resolve(data, 'box') : resolve(options.state) }
  const checked = await checkBundle(resolve(folder), await trustedOf(options.trust), places)
  if (!checked.ok) { host.stderr.write(`${checked.error.message}\n`); return 1 }
  host.stdout.write(describeBundle(checked.value))
  if (take) {
    await takeBundle(resolve(folder), checked.value, places)
    host.stdout.write('taken\n')
  }
  return 0
}

async function trustedOf(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8')
  try {
    createPublicKey(pem)
    return pem
  } catch {
    throw new UsageError(`${path} holds no public key (PEM). Give the centre's: --trust PEM.`)
  }
}
