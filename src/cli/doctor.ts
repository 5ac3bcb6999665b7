import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyAudit } from '../access/verify-audit.js'
import { deepCheck } from '../operations/deep-check.js'
import { createLog } from '../platform/log.js'
import { freeBytes } from '../platform/disk-space.js'
import { startReader } from '../pipeline/reader/reader.js'
import { checkDevices } from './doctor-devices.js'
import { packLines, pointLines, sizeLines } from './doctor-packs.js'
import type { AddCommand, CliHost } from './host.js'
import { dataFolderOf, packsFolder, packsFoldersOf, thresholdsFolderOf } from './host.js'
import { loadConfig, renderProblems } from './load-config.js'
import { testDestination } from '../uplink/test-destination.js'

type Line = { readonly check: string; readonly ok: boolean; readonly detail: string }
type Options = { data?: string; config?: string; json?: boolean; deep?: boolean }

/** Looks at everything that can be looked at beside a running service; exit status 1 when something needs a person. */
export const addDoctor: AddCommand = (program, host, setStatus) => {
  program.command('doctor')
    .description('check configuration, data folder, disk, model packs, the audit chain, the devices and the destinations')
    .option('--data <dir>', 'data folder')
    .option('--config <file>', 'site file')
    .option('--json', 'one JSON array')
    .option('--deep', 'also read every folder, checksum, reference, delivery and list; takes as long as reading the disk')
    .action(async (options: Options) => {
      const folder = dataFolderOf(host, options.data)
      const lines = [await checkConfig(host, options), await checkFolder(folder), await checkDisk(folder), ...(await checkPacks(host, options)), await checkAudit(folder), ...(await checkConfiguredDevices(host, options, folder)), ...(await checkDestinations(host, options)), ...(options.deep ? await checkDeep(folder) : [])]
      host.stdout.write(options.json ? `${JSON.stringify(lines)}\n` : lines.map((line) => `${line.ok ? 'ok     ' : 'PROBLEM'}  ${line.check}: ${line.detail}\n`).join(''))
      if (lines.some((line) => !line.ok)) setStatus(1)
    })
}

async function checkConfig(host: CliHost, options: Options): Promise<Line> {
  const config = await loadConfig(host, options)
  if (!config.ok) return { check: 'configuration', ok: false, detail: renderProblems(config.error).trim() }
  return { check: 'configuration', ok: true, detail: `${config.value.devices.length} devices: ${config.value.devices.map((device) => `${device.id} (${device.kind})`).join(', ')}` }
}

async function checkConfiguredDevices(host: CliHost, options: Options, folder: string): Promise<Line[]> {
  const config = await loadConfig(host, options)
  return config.ok ? checkDevices(config.value.devices, folder) : []
}

const MOST_LINES = 200

/** Everything on the disk against everything else. */
async function checkDeep(folder: string): Promise<Line[]> {
  const { studies, bytes, documents, problems } = await deepCheck(folder)
  const read = `${studies} studies, ${documents} documents, ${(bytes / 1e6).toFixed(1)} MB of images read`
  if (problems.length === 0) return [{ check: 'deep', ok: true, detail: `${read}; all agree` }]
  const shown = problems.slice(0, MOST_LINES).map(({ where, what }) => ({ check: `deep ${where}`, ok: false, detail: what }))
  return [{ check: 'deep', ok: false, detail: `${read}; ${problems.length} things do not agree. What the running service can put right it does (system page); for the rest restore the backup` }, ...shown]
}

async function checkFolder(folder: string): Promise<Line> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK)
    return { check: 'data folder', ok: true, detail: folder }
  } catch {
    return { check: 'data folder', ok: false, detail: `${folder} can not be written; choose another with --data, or give this user the right` }
  }
}

async function checkDisk(folder: string): Promise<Line> {
  const free = await freeBytes(folder).catch(() => 0)
  const gigabytes = (free / 1e9).toFixed(1)
  return free > 1e9 ? { check: 'disk', ok: true, detail: `${gigabytes} GB free` } : { check: 'disk', ok: false, detail: `only ${gigabytes} GB free; new images are refused soon: make room` }
}

async function checkPacks(host: CliHost, options: Options): Promise<Line[]> {
  await using reader = await startReader({ packsFolder: packsFoldersOf(host, options.data), thresholdsFolder: thresholdsFolderOf(host, options.data), readyWithinMs: 60_000, log: createLog({ level: 'error', destination: host.stderr }) })
  const status = await reader.ready
  const config = await loadConfig(host, options)
  const points = config.ok ? pointLines(config.value.operatingPoints, status.packs) : []
  return status.packs.length > 0 ? [...packLines(status), ...points, ...(await sizeLines(packsFoldersOf(host, options.data), status.packs))] : [{ check: 'packs', ok: false, detail: `no model pack under ${packsFolder}; install one` }]
}

async function checkAudit(folder: string): Promise<Line> {
  const audit = join(folder, 'audit')
  if (!(await access(audit).then(() => true, () => false))) return { check: 'audit chain', ok: true, detail: 'nothing recorded yet' }
  const { entries, tornLines, problem } = await verifyAudit(audit)
  return problem
    ? { check: 'audit chain', ok: false, detail: `${problem.file} line ${problem.line}: ${problem.message}; keep a copy and tell the administrator` }
    : { check: 'audit chain', ok: true, detail: `${entries} entries, complete and unchanged${tornLines > 0 ? `, ${tornLines} torn by power cuts` : ''}` }
}

/** The question that only a working peer answers, to each destination of the uplink, and what it would take. */
async function checkDestinations(host: CliHost, options: Options): Promise<Line[]> {
  const config = await loadConfig(host, options)
  if (!config.ok) return []
  return Promise.all(config.value.destinations.map(async (destination): Promise<Line> => {
    const { ok, lines } = await testDestination(destination, { stateFolder: join(config.value.dataFolder, 'uplink') })
    return { check: `destination ${destination.id}`, ok, detail: lines.join('; ') }
  }))
}
