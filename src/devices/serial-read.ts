import { read as readFd } from 'node:fs'
import type { SerialPort } from 'serialport'

/** Where a reading puts its bytes. */
export type Into = { readonly buffer: Buffer; readonly offset: number; readonly length: number }
type OpenPort = Awaited<ReturnType<typeof SerialPort.binding.open>>
/** Where the operating system has no poller (Windows), the binding reads by itself. */
type Line = Pick<Extract<OpenPort, { poller: unknown }>, 'fd' | 'isOpen' | 'poller'>

/**
 * Reads what has come, or waits for it. The binding's own reading asks again and again, and never gives up, where a terminal was hung
 * up between two readings: there it gets no bytes and no error (read(2) of a terminal that is gone gives 0).
 * @returns bytes read, at least 1
 * @throws when the line is gone or closed
 */
export async function readSome(line: Line, into: Into): Promise<number> {
  for (;;) {
    const count = await readNow(openFile(line), into)
    if (count === 0) throw new Error('The serial line is gone.')
    if (count !== undefined) return count
    // Closed meanwhile, its poller is no more, and asking it would end the process.
    openFile(line)
    await readable(line)
  }
}

function openFile({ isOpen, fd }: Line): number {
  if (!isOpen || fd === null) throw new Error('The serial line is closed.')
  return fd
}

/** Undefined: nothing waits. */
function readNow(fd: number, { buffer, offset, length }: Into): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    readFd(fd, buffer, offset, length, null, (error, count) => {
      if (!error) resolve(count)
      else if (error.code === 'EAGAIN' || error.code === 'EINTR') resolve(undefined)
      else reject(error)
    })
  })
}

function readable({ poller }: Line): Promise<void> {
  return new Promise((resolve, reject) => {
    poller.once('readable', (error: Error | null) => { if (error) reject(error); else resolve() })
  })
}
