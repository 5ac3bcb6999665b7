import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { echo } from '../../src/dicom/dimse-client.js'
import { startDimseServer, type DimseServer } from '../../src/dicom/dimse-server.js'
import { TRANSFER_SYNTAX, VERIFICATION } from '../../src/dicom/uids.js'
import { dataHead, encodeCommand } from '../../src/dicom/upper-layer/message.js'
import { PDU, associateRequest } from '../../src/dicom/upper-layer/pdu.js'
import { MODALITY_WORKLIST } from '../../src/dicom/worklist.js'
import { silentLog } from '../../src/platform/log.js'

/** The largest array made by `during`, in bytes: memory that nothing was written to is not resident, so that sizes are watched and not the process. */
async function largestArray(during: () => Promise<void>): Promise<number> {
  const original = globalThis.Uint8Array
  let largest = 0
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, values: unknown[], made) {
      if (typeof values[0] === 'number') largest = Math.max(largest, values[0])
      return Reflect.construct(target, values, made === globalThis.Uint8Array ? target : made) as object
    }
  })
  try {
    await during()
  } finally {
    globalThis.Uint8Array = original
  }
  return largest
}

/** An echo's command with a private element behind it that announces 800 MB and has four bytes. */
function overstated(): Buffer {
  const private4 = Buffer.from('0900101030303030', 'hex')
  const command = Buffer.concat([encodeCommand({ 0x0002: '1.2.840.10008.1.1', 0x0100: 0x0030, 0x0110: 1 }, false), private4, Buffer.alloc(4)])
  return Buffer.concat([dataHead(1, command.length, { isCommand: true, isLast: true }), command])
}

/** Associates for one class and says `said`, piece after piece; gives what was answered to it, empty where the connection was ended instead. */
const answerTo = (port: number, abstractSyntaxUid: string, said: readonly Buffer[]): Promise<Buffer> => new Promise((resolve) => {
  const proposal = { abstractSyntaxUid, transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] }
  const socket = connect(port, '127.0.0.1', () => socket.write(associateRequest({ calledAe: 'SCREENPOST', callingAe: 'ODD' }, [proposal])))
  socket.once('data', () => {
    socket.once('data', (answer) => { resolve(answer); socket.destroy() })
    for (const piece of said) socket.write(piece)
  })
  socket.on('error', () => undefined).on('close', () => resolve(Buffer.alloc(0)))
})

let folder: string
let server: DimseServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bounded-'))
  server = await startDimseServer({ host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST', maxAssociations: 8, spoolFolder: folder, log: silentLog, store: () => Promise.resolve(0), findWorklist: () => Promise.resolve([]) })
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})
const serves = async (): Promise<boolean> => (await echo({ host: '127.0.0.1', port: server.port, calledAe: 'SCREENPOST', callingAe: 'EVEN', timeoutMs: 5_000 })).ok

it('makes no room for what an element announces and has not got, and goes by what stood before it', async () => {
  let answer: Buffer = Buffer.alloc(0)
  const largest = await largestArray(async () => { answer = await answerTo(server.port, VERIFICATION, [overstated()]) })
  expect(largest).toBeLessThan(1024 * 1024)
  expect(answer[0]).toBe(PDU.data)
  expect(await serves()).toBe(true)
})

it('ends a query that does not end', async () => {
  const query = encodeCommand({ 0x0002: MODALITY_WORKLIST, 0x0100: 0x0020, 0x0110: 1 }, true)
  const more = Buffer.concat([dataHead(1, 500_000, { isCommand: false, isLast: false }), Buffer.alloc(500_000)])
  expect(await answerTo(server.port, MODALITY_WORKLIST, [dataHead(1, query.length, { isCommand: true, isLast: true }), query, ...Array.from({ length: 4 }, () => more)])).toHaveLength(0)
  expect(await serves()).toBe(true)
})
