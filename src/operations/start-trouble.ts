import { DamagedError, StoreFullError } from '../domain/errors.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { isErrno } from '../platform/durable-fs.js'
import { NewerFormatError } from '../store/migrations.js'

/** What the disk says when it does not do what it should. */
const FAILING = ['EIO', 'EROFS', 'EUCLEAN', 'EBADMSG', 'ENODEV', 'ENXIO', 'ESTALE', 'ETIMEDOUT']
const FULL = ['ENOSPC', 'EDQUOT']

export const isDiskFull = (error: unknown): boolean => error instanceof StoreFullError || isErrno(error, ...FULL)

/** Why the appliance can't start now although nothing is wrong with its configuration; undefined for any other error. It is tried again. */
export function startTrouble(error: unknown): Problem | undefined {
  if (isDiskFull(error)) return problem('start-disk-full', 'The disk is full, so the appliance can not start. Nothing is lost. Remove other files from the disk or attach a larger one; it then starts by itself.')
  if (isErrno(error, ...FAILING)) return problem('start-disk-failing', 'The disk does not answer as it should, so the appliance can not start. Switch it off and on once. If this page comes back, change the disk and restore the backup.')
  if (error instanceof NewerFormatError) return problem('start-newer-format', error.message)
  if (error instanceof DamagedError) return problem('start-damaged', `${error.message} The appliance then starts by itself.`)
  return undefined
}
