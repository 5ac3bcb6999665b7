import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fsyncDirectory, temporaryBeside } from '../../../platform/durable-fs.js'

/** A file of a stick that is none, is too large, or can not be opened with the key; `message` says what to do. */
export class UnreadableStickError extends Error {}

const PIECE_BYTES = 1024 * 1024

/** Bytes in pieces, so that no second copy of an image is held while it is encrypted. */
function pieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + PIECE_BYTES))
      at += PIECE_BYTES
    }
  })
}

/** A secret key of the centre, and what appliances are given of it. */
export const newIdentity = (): Promise<string> => generateX25519Identity()
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity)

/** Whether a text is an age recipient (`age1...`). */
export function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text)
    return text.startsWith('age1')
  } catch {
    return false
  }
}

/** Writes bytes encrypted to a recipient. Durable on return; after a pulled stick there is no file of this name or a whole one. */
export async function sealFile(path: string, bytes: Uint8Array, recipient: string): Promise<void> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  const temporary = temporaryBeside(path)
  const file = await open(temporary, 'wx', 0o640)
  try {
    for await (const chunk of await encrypter.encrypt(pieces(bytes))) await file.appendFile(chunk)
    await file.sync()
    await file.close()
    await rename(temporary, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  await fsyncDirectory(dirname(path))
}

/** Opens a plain file of a foreign medium: no link is followed, no pipe waited for, nothing larger than `mostBytes` read. */
async function openForeign(path: string, mostBytes: number): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? new UnreadableStickError('A file on the stick is a link. Use a stick that an appliance wrote.') : error
  })
  const stat = await file.stat()
  if (stat.isFile() && stat.size <= mostBytes) return file
  await file.close()
  throw new UnreadableStickError('A file on the stick is larger than it may be, or no file. Use a stick that an appliance wrote.')
}

/** A small file of a foreign medium as text. */
export async function readForeignText(path: string, mostBytes: number): Promise<string> {
  const file = await openForeign(path, mostBytes)
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** age's overhead: a header, and 16 bytes for each 64 KiB. */
const sealedBytes = (bytes: number): number => bytes + 16 * (Math.ceil(bytes / 65_536) + 1) + 4096

type Unsealed = { readonly sha256: string; readonly bytes: number }
export type UnsealOptions = { readonly identity: string; readonly mostBytes: number; take(chunk: Uint8Array): Promise<unknown> | void }

/** Decrypts a file of a stick in pieces; stops as soon as there is more than there may be. Throws `UnreadableStickError`. */
export async function unsealFile(path: string, { identity, mostBytes, take }: UnsealOptions): Promise<Unsealed> {
  const file = await openForeign(path, sealedBytes(mostBytes))
  const hash = createHash('sha256')
  let bytes = 0
  try {
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    for await (const chunk of await decrypter.decrypt(fileStream(file))) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new UnreadableStickError('A file on the stick holds more than its manifest says. Export it anew.')
      hash.update(chunk)
      await take(chunk)
    }
  } catch (error) {
    if (error instanceof UnreadableStickError || isDiskTrouble(error)) throw error
    throw new UnreadableStickError('A file on the stick is damaged, or encrypted to another centre. Export it anew to this centre\'s key.')
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), bytes }
}

const isDiskTrouble = (error: unknown): boolean => ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')

function fileStream(file: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, null)
      if (bytesRead === 0) controller.close()
      else controller.enqueue(buffer.subarray(0, bytesRead))
    }
  })
}
