import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, readlink, realpath, rm } from 'node:fs/promises'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { isErrno } from '../../platform/durable-fs.js'
import type { MediumFile } from './list-files.js'
import { absolute, signatureOf } from './list-files.js'
import { changing, noRoom, notVerified, outside, unreadable, vanished } from './problems.js'

const CHUNK_BYTES = 1024 * 1024
const ATTEMPTS = 2

export type CopyRequest = { readonly root: Buffer; readonly file: MediumFile; readonly spoolPath: string; readonly signal: AbortSignal }

/**
 * Copies one file of the medium to the spool and reads the copy back: its SHA-256 is that of the bytes that came from the medium. A file that
 * changed meanwhile, or whose copy differs, is tried once more. On a problem nothing is left in the spool. @throws when the signal aborts
 */
export async function copyVerified(request: CopyRequest): Promise<Result<{ readonly sha256: string }, Problem>> {
  let problem = changing
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const copied = await copyOnce(request)
    if (copied.ok) return copied
    await rm(request.spoolPath, { force: true })
    request.signal.throwIfAborted()
    problem = copied.error
    if (problem !== changing && problem !== notVerified) break
  }
  return err(problem)
}

async function copyOnce({ root, file, spoolPath, signal }: CopyRequest): Promise<Result<{ readonly sha256: string }, Problem>> {
  let source: FileHandle | undefined
  let target: FileHandle | undefined
  try {
    source = await open(absolute(root, file.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!(await isInside(source, root))) return err(outside)
    if ((await signature(source)) !== file.signature) return err(vanished)
    target = await open(spoolPath, 'wx+', 0o640)
    const sha256 = await pour(source, target, signal)
    if ((await signature(source)) !== file.signature) return err(changing)
    await target.datasync()
    return (await hashOf(target)) === sha256 ? ok({ sha256 }) : err(notVerified)
  } catch (error) {
    return err(problemOf(error))
  } finally {
    await source?.close().catch(() => undefined)
    await target?.close().catch(() => undefined)
  }
}

const signature = async (file: FileHandle): Promise<string> => signatureOf(await file.stat({ bigint: true }))

/** A folder on the way may have become a symbolic link since it was listed: what was opened must lie below the medium. */
async function isInside(file: FileHandle, root: Buffer): Promise<boolean> {
  const [opened, top] = await Promise.all([readlink(`/proc/self/fd/${file.fd}`, { encoding: 'buffer' }), realpath(root, { encoding: 'buffer' })])
  return opened.subarray(0, top.length).equals(top) && opened[top.length] === 0x2f
}

async function pour(source: FileHandle, target: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(chunk, 0, chunk.length, null).catch((error: unknown) => { throw new ReadFailure(error) })
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(chunk.subarray(0, bytesRead))
    for (let at = 0; at < bytesRead;) at += (await target.write(chunk, at, bytesRead - at, null)).bytesWritten
  }
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(chunk.subarray(0, bytesRead))
    position += bytesRead
  }
}

/** The medium failed, not our disk. */
class ReadFailure extends Error {
  constructor(readonly reason: unknown) { super('the medium could not be read') }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ReadFailure) return unreadable
  if (isErrno(error, 'ELOOP')) return outside
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return vanished
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return noRoom
  return unreadable
}
