import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { eyeInName } from '../../domain/eye-in-name.js'
import { problem } from '../../domain/problem.js'
import { fsyncDirectory, isErrno } from '../../platform/durable-fs.js'
import type { DeviceHost } from '../device-kind.js'
import { deviceProblem } from '../open-problem.js'
import type { SeenFile } from './scan.js'
import { signatureOf } from './scan.js'
import type { Begin, TakeOutcome } from './settle.js'
import { looksUnfinished } from './unfinished.js'

const STORE_FULL = problem('store-full', 'There is no room for the next file in the folder. It stays where it is; free space or connect the uplink.')

/**
 * Copies the file to the spool, hands it on, and removes it only after it is durable and has not changed since. A picture
 * without its end is left for `patienceMs` after its last change: its copy may have paused. It is of the visit that was noted at its begin.
 */
export async function takeFile(file: SeenFile, host: DeviceHost, { begin, patienceMs }: { readonly begin: Begin; readonly patienceMs: number }): Promise<TakeOutcome> {
  const spoolPath = join(host.spoolFolder, `inbox-${randomUUID()}`)
  try {
    if (!(await host.hasRoomFor(file.size))) {
      host.report(STORE_FULL)
      return 'later'
    }
    if (host.clock.now().getTime() - file.changedMs < patienceMs && (await looksUnfinished(file))) return 'later'
    await copyToSpool(file, spoolPath)
    if (await hasChanged(file)) return 'gone'
    const result = await host.deliver({
      spoolPath, originalName: file.name, receivedAt: host.clock.now().toISOString(), laterality: eyeInName(file.name, 'person'),
      source: { kind: 'watched-folder', deviceId: host.deviceId }, ...begin
    })
    if (!result.ok) return 'later'
    return await removeTaken(file, host)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP')) return 'gone'
    host.report(deviceProblem(error))
    host.log.warn('inbox-file-unreadable', { reason: (error as NodeJS.ErrnoException).code ?? 'unknown' })
    return 'later'
  } finally {
    await rm(spoolPath, { force: true })
  }
}

async function copyToSpool(file: SeenFile, spoolPath: string): Promise<void> {
  const source = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const target = await open(spoolPath, 'wx', 0o640)
    await pipeline(source.createReadStream({ autoClose: false }), target.createWriteStream())
  } finally {
    await source.close()
  }
}

const hasChanged = async (file: SeenFile): Promise<boolean> =>
  (await signatureOf(file.path).catch(() => 'gone')) !== file.signature

async function removeTaken(file: SeenFile, host: DeviceHost): Promise<TakeOutcome> {
  if (await hasChanged(file)) return 'gone'
  try {
    await unlink(file.path)
    await fsyncDirectory(file.path.subarray(0, file.path.lastIndexOf('/'))).catch(() => undefined)
    return 'taken'
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'taken'
    host.report(deviceProblem(error))
    return 'stuck'
  }
}
