import { existsSync } from 'node:fs'
import { SerialPort } from 'serialport'
import { readSome } from './serial-read.js'

export type PortOptions = { readonly path: string; readonly baudRate: number; readonly flowControl: 'none' | 'rts-cts' }

/**
 * The line as bytes. Reading is asked for, never pushed: nothing is read while lines are being written, and the bytes
 * land in the reader's own buffer. Uses node-serialport's binding and not its stream, which would buffer once more.
 */
export type BytePort = {
  /** @returns bytes read, at least 1. Rejects when the line is gone or closed. */
  read(buffer: Buffer, offset: number, length: number): Promise<number>
  write(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** 8 data bits, no parity, 1 stop bit, no XON/XOFF, locked for us. Rejects with a system error code when it is not there or in use. */
export async function openPort({ path, baudRate, flowControl }: PortOptions): Promise<BytePort> {
  const rtscts = flowControl === 'rts-cts'
  const binding = await SerialPort.binding.open({ path, baudRate, rtscts, dataBits: 8, stopBits: 1, parity: 'none', lock: true, hupcl: false })
    .catch((error: unknown) => { throw withCode(error, path) })
  return {
    read: async (buffer, offset, length) => ('poller' in binding ? readSome(binding, { buffer, offset, length }) : (await binding.read(buffer, offset, length)).bytesRead),
    write: (bytes) => binding.write(bytes),
    close: async () => { if (binding.isOpen) await binding.close() }
  }
}

/** node-serialport puts the reason into words only; `open-problem.ts` goes by codes. */
function withCode(error: unknown, path: string): Error {
  const message = error instanceof Error ? error.message : String(error)
  const code = !existsSync(path) ? 'ENODEV' : /lock/i.test(message) ? 'EADDRINUSE' : /permission/i.test(message) ? 'EACCES' : 'EIO'
  return Object.assign(new Error(message), { code })
}
