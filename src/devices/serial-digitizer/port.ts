import type { BindingPortInterface } from '@serialport/bindings-cpp'
import { SerialPort } from 'serialport'
import type { SerialDigitizerOptions } from './options.js'

/**
 * The line as bytes. Reading is asked for, never pushed: nothing is read while lines are being written, and the bytes
 * land in the decoder's own buffer. Uses node-serialport's binding and not its stream, which would copy and buffer.
 */
export type BytePort = {
  /** @returns bytes read, at least 1. Rejects when the line is gone or closed. */
  read(buffer: Buffer, offset: number, length: number): Promise<number>
  write(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** 8 data bits, no parity, 1 stop bit, no XON/XOFF, locked for us. Rejects when the port is not there or in use. */
export async function openPort({ path, baudRate, flowControl }: Pick<SerialDigitizerOptions, 'path' | 'baudRate' | 'flowControl'>): Promise<BytePort> {
  const rtscts = flowControl === 'rts-cts'
  return bytePort(await SerialPort.binding.open({ path, baudRate, rtscts, dataBits: 8, stopBits: 1, parity: 'none', lock: true, hupcl: false }))
}

function bytePort(binding: BindingPortInterface): BytePort {
  return {
    read: async (buffer, offset, length) => (await binding.read(buffer, offset, length)).bytesRead,
    write: (bytes) => binding.write(bytes),
    close: async () => { if (binding.isOpen) await binding.close() }
  }
}
