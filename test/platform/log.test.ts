import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/platform/log.js'

describe('the log', () => {
  it('writes one JSON line an event, with the fields of the parent', () => {
    const lines: string[] = []
    const destination = new Writable({ write(chunk: Buffer, _encoding, done) { lines.push(chunk.toString()); done() } })
    const log = createLog({ level: 'info', destination })
    log.child({ deviceId: 'inbox' }).warn('device-failed', { code: 'port-busy' })
    expect(JSON.parse(lines[0]!)).toEqual({ level: 'warn', time: expect.any(String) as string, deviceId: 'inbox', code: 'port-busy', event: 'device-failed' })
  })

  it('leaves out what is below its level', () => {
    const lines: string[] = []
    const log = createLog({ level: 'error', destination: { write: (line) => { lines.push(line) } } })
    log.info('study-received')
    log.error('disk-failed')
    expect(lines).toHaveLength(1)
  })
})
