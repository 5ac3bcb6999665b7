import { StoreFullError } from '../domain/errors.js'
import { isErrno } from '../platform/durable-fs.js'

/** The same error, or StoreFullError when the file system said that there is no room (disk full or quota). */
export const orStoreFull = (error: unknown): unknown =>
  isErrno(error, 'ENOSPC', 'EDQUOT')
    ? new StoreFullError('The disk is full. Free space or connect the uplink; nothing was taken.', { cause: error })
    : error
