import { isErrno } from '../platform/durable-fs.js'

/** The disk has the file and can't give its bytes: a sector that is gone, a damaged file system. What was to be read counts as damaged. */
export const isDiskFault = (error: unknown): boolean => isErrno(error, 'EIO', 'EUCLEAN', 'EBADMSG')
