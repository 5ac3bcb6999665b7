import { closeSync, write as writeFd } from 'node:fs'
import { readlink, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { ReadStream } from 'node:tty'

/** node-pty's native part alone: its JavaScript part would read our end of the host's side and write blocking. */
type NativePty = { open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string } }

/** A host that reads makes room within microseconds; spinning for longer would take the processor away from it. */
const QUICK_RETRIES = 2
const SLOW_RETRY_MS = 1

/** The device's end of a pseudo-terminal, with the host's end under the name `link`. */
export type PseudoTerminal = {
  /** `/dev/pts/N`. */
  readonly path: string
  onBytes(listener: (bytes: Buffer) => void): void
  /** Resolves when all bytes are in the kernel, or the terminal is gone (then false). */
  write(bytes: Buffer): Promise<boolean>
  /** As pulling the cable: whoever has the host's end open loses it, and the name is gone. */
  unplug(): Promise<void>
}

/** Opens a new terminal. @throws when `link` is something else than a symbolic link of an earlier one, or the platform has no prebuilt node-pty */
export async function openPseudoTerminal(link: string): Promise<PseudoTerminal> {
  await removeOldLink(link)
  const native = loadNative()
  const { master, slave, pty } = native.open(80, 24)
  const stream = new ReadStream(master)
  let gone = false
  let unplugged: Promise<void> | undefined
  const pull = async (): Promise<void> => {
    if (gone) return
    gone = true
    if (await readlink(link).catch(() => '') === pty) await rm(link, { force: true })
    closeSync(slave)
    await new Promise((resolve) => { stream.once('close', resolve).destroy() })
  }
  stream.on('error', () => { gone = true })
  await symlink(pty, link)
  return {
    path: pty,
    onBytes: (listener) => void stream.on('data', listener),
    write: (bytes) => writeAll(master, bytes, () => gone),
    unplug: () => (unplugged ??= pull())
  }
}

function loadNative(): NativePty {
  const name = `@lydell/node-pty-${process.platform}-${process.arch}`
  try {
    return createRequire(createRequire(import.meta.url).resolve('@lydell/node-pty/package.json'))(`${name}/pty.node`) as NativePty
  } catch (error) {
    throw new Error(`No pseudo-terminal on this computer: ${name} is not installed. Run npm ci without --omit=optional.`, { cause: error })
  }
}

async function removeOldLink(link: string): Promise<void> {
  const target = await readlink(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Error(`${link} is there already and no link to a pseudo-terminal. Choose another --port.`)
  })
  if (target !== undefined) await rm(link)
}

/** The kernel takes what it has room for and says EAGAIN when it has none. */
async function writeAll(fd: number, bytes: Buffer, isGone: () => boolean): Promise<boolean> {
  let refused = 0
  for (let at = 0; at < bytes.length;) {
    if (isGone()) return false
    const written = await writeSome(fd, bytes, at)
    if (written === undefined) return false
    refused = written === 0 ? refused + 1 : 0
    if (refused > QUICK_RETRIES) await new Promise((resolve) => { setTimeout(resolve, SLOW_RETRY_MS) })
    at += written
  }
  return true
}

const writeSome = (fd: number, bytes: Buffer, at: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    writeFd(fd, bytes, at, bytes.length - at, null, (error, written) => {
      if (!error) resolve(written)
      else resolve(error.code === 'EAGAIN' ? 0 : undefined)
    })
  })
