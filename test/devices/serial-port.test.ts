import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPort, type BytePort } from '../../src/devices/serial-port.js'
import { openPseudoTerminal, type PseudoTerminal } from '../../src/simulate/pseudo-terminal.js'

let folder: string
let terminal: PseudoTerminal
let port: BytePort
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-serial-'))
  terminal = await openPseudoTerminal(join(folder, 'tty'))
  port = await openPort({ path: join(folder, 'tty'), baudRate: 9600, flowControl: 'none' })
})
afterEach(async () => {
  await port.close()
  await terminal.unplug()
  await rm(folder, { recursive: true, force: true })
})

const within = (ms: number): Promise<'still waiting'> => new Promise((resolve) => { setTimeout(resolve, ms, 'still waiting') })
/** What reading gives: the text, or that the line is gone. */
const read = (): Promise<string> => {
  const buffer = Buffer.alloc(64)
  return Promise.race([port.read(buffer, 0, 64).then((count) => buffer.toString('latin1', 0, count), () => 'gone'), within(2000)])
}

describe('a serial line', () => {
  it('gives what came', async () => {
    const reading = read()
    await terminal.write(Buffer.from('P-0032\r'))
    expect(await reading).toBe('P-0032\r')
  })

  it('is gone at once when it is unplugged while it is read', async () => {
    const reading = read()
    await within(50)
    await terminal.unplug()
    expect(await reading).toBe('gone')
  })

  it('is gone at the next reading when it was unplugged between two', async () => {
    await terminal.unplug()
    expect(await read()).toBe('gone')
    expect(await read()).toBe('gone')
  })

  it('survives being closed while a reading begins', async () => {
    const reading = read()
    await port.close()
    expect(await reading).toBe('gone')
  })

  it('gives up reading when it is closed', async () => {
    const reading = read()
    await within(50)
    await port.close()
    expect(await reading).toBe('gone')
    expect(await read()).toBe('gone')
  })
})
