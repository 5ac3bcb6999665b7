import { describe, expect, it } from 'vitest'
import { DigitizerDevice } from '../../../src/simulate/digitizer/device.js'
import { disturb } from '../../../src/simulate/digitizer/faults.js'
import { createFilm, phantomFilm } from '../../../src/simulate/digitizer/film.js'
import { ANSWER, COMMAND, takeCommands, u32 } from '../../../src/simulate/digitizer/wire.js'
import { createRandom } from '../../../src/phantoms/random.js'

const id = Buffer.from('00000000000000a1', 'hex')
const film = createFilm({ width: 4, height: 6, bits: 8, bytes: Buffer.from(Array.from({ length: 24 }, (_, at) => at)) })
const createDevice = () => new DigitizerDevice({ model: 'M', serial: 'S', firmware: 'F' }, () => film, () => id)
const command = (type: number, ...parts: Uint8Array[]) => ({ type, tag: 1, payload: Buffer.concat(parts) })
/** Types of frames; of lines their numbers. */
const read = (frames: readonly (Buffer | undefined)[]) => frames.map((bytes) => bytes && (bytes[2] === ANSWER.line ? bytes.readUInt32LE(20) : `0x${bytes[2]!.toString(16)}`))
const drain = (device: DigitizerDevice): unknown[] => {
  const lines: Buffer[] = []
  for (let line = device.nextLine(); line; line = device.nextLine()) lines.push(line)
  return read(lines)
}

describe('the simulated device', () => {
  it('sends nothing before RESUME, and then only below the limit, what is not held, and what is asked for again first', () => {
    const device = createDevice()
    expect(device.insertFilm()).toBe(true)
    expect(read(device.advance(100))).toEqual(['0x82'])
    expect(drain(device)).toEqual([])
    expect(read(device.command(command(COMMAND.resume, id, u32(4), Buffer.from([1]), u32(0), u32(2))))).toEqual(['0x83'])
    expect(drain(device)).toEqual([2, 3])
    device.command(command(COMMAND.ack, id, u32(0), u32(6)))
    device.command(command(COMMAND.nak, id, Buffer.from([1]), u32(3), u32(1)))
    expect(drain(device)).toEqual([3, 4, 5])
  })

  it('keeps its scan through an unplug and is silent until RESUME', () => {
    const device = createDevice()
    device.insertFilm()
    device.advance(100)
    device.command(command(COMMAND.resume, id, u32(2), Buffer.from([0])))
    drain(device)
    device.plugged()
    expect(drain(device)).toEqual([])
    device.command(command(COMMAND.resume, id, u32(9), Buffer.from([1]), u32(0), u32(2)))
    expect(drain(device)).toEqual([2, 3, 4, 5])
  })

  it('takes no second film before TAKEN, and answers a repeated TAKEN with OK', () => {
    const device = createDevice()
    device.insertFilm()
    expect(device.insertFilm()).toBe(false)
    expect(read(device.command(command(COMMAND.scan, Buffer.alloc(4))))).toEqual(['0x8f'])
    for (let times = 0; times < 2; times++) expect(read(device.command(command(COMMAND.taken, id)))).toEqual(['0x80'])
    expect([device.taken, device.idle]).toEqual([['00000000000000a1'], true])
  })

  it('refuses what it does not know', () => expect(read(createDevice().command(command(0x77)))).toEqual(['0x8f']))
})

describe('a phantom film', () => {
  it('has the depth asked for, in the highest bits, and is the same for the same seed', () => {
    const first = phantomFilm({ seed: 3, width: 64, height: 80, bits: 12 })
    expect(first.bytes.length).toBe(64 * 80 * 2)
    const samples = new Uint16Array(first.bytes.buffer, first.bytes.byteOffset, 64 * 80)
    expect(samples.every((value) => (value & 0xf) === 0)).toBe(true)
    expect(Math.max(...samples)).toBeGreaterThan(0xc000)
    expect(phantomFilm({ seed: 3, width: 64, height: 80, bits: 12 }).crc).toBe(first.crc)
    expect(phantomFilm({ seed: 4, width: 64, height: 80, bits: 12 }).crc).not.toBe(first.crc)
    expect(phantomFilm({ seed: 3, width: 64, height: 80, bits: 8 }).bytes.length).toBe(64 * 80)
  })
})

describe('accidents', () => {
  const frame = Buffer.alloc(100, 1)
  const many = (faults: Parameters<typeof disturb>[1], seed = 5) => {
    const random = createRandom(seed)
    return Array.from({ length: 400 }, () => disturb(frame, faults, random))
  }

  it('are the same for the same seed and as frequent as asked for', () => {
    expect(many({ corrupt: 0.1, garbage: 0.1 })).toEqual(many({ corrupt: 0.1, garbage: 0.1 }))
    expect(many({}).every(({ bytes, waitMs }) => bytes.equals(frame) && waitMs === 0)).toBe(true)
    const count = (faults: Parameters<typeof disturb>[1], hit: (each: ReturnType<typeof disturb>) => boolean) => many(faults).filter(hit).length
    expect(count({ drop: 0.25 }, ({ bytes }) => bytes.length === 0)).toBeGreaterThan(70)
    expect(count({ cut: 0.25 }, ({ bytes }) => bytes.length < 100)).toBeGreaterThan(70)
    expect(count({ duplicate: 0.25 }, ({ bytes }) => bytes.length === 200)).toBeGreaterThan(70)
    expect(count({ corrupt: 0.25 }, ({ bytes }) => bytes.length === 100 && !bytes.equals(frame))).toBeGreaterThan(70)
    expect(count({ delay: 0.25, delayMs: 9 }, ({ waitMs }) => waitMs === 9)).toBeGreaterThan(70)
  })
})

describe('commands on a bad line', () => {
  it('are found between garbage, and a damaged one is not', () => {
    const status = Buffer.from('a55a020002000000f8e9ebe7f8e9ebe7', 'hex')
    const damaged = Buffer.from(status)
    damaged[4]! ^= 1
    const { commands, rest } = takeCommands(Buffer.concat([Buffer.from([0xa5, 0x5a, 0xa5]), damaged, status, status.subarray(0, 9)]))
    expect(commands.map(({ type, tag }) => [type, tag])).toEqual([[2, 2]])
    expect(rest).toEqual(status.subarray(0, 9))
  })
})
