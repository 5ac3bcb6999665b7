import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { requestCommitment, type CommitmentReport } from '../../src/dicom/commitment.js'
import { echo } from '../../src/dicom/dimse-client.js'
import { storeObjects, type ObjectToStore } from '../../src/dicom/store-scu.js'
import { CR_STORAGE, makeDicom, SYNTAX } from '../generators/dicom.js'
import { startFaultyScp } from '../fakes/faulty-scp.js'
import { startShapedLink, type LinkShape } from '../fakes/shaped-link.js'

const closers: (() => Promise<void>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

const TIMES = { connectMs: 2_000, answerMs: 1_000, leastBytesPerSecond: 50_000 }
const film = (sopInstanceUid: string, size = 64): ObjectToStore => ({
  sopClassUid: CR_STORAGE, sopInstanceUid, transferSyntaxUid: SYNTAX.explicit, file: makeDicom({ sopInstanceUid, columns: size, rows: size })
})
const films = ['1.2.1', '1.2.2', '1.2.3'].map((uid) => film(uid))

async function faulty(first: Parameters<typeof startFaultyScp>[0] = {}) {
  const scp = await startFaultyScp(first)
  closers.push(() => scp.close())
  return { scp, peer: { host: '127.0.0.1', port: scp.port, calledAe: 'PACS', callingAe: 'SCREENPOST' } }
}

async function shaped(port: number, shape: LinkShape) {
  const link = await startShapedLink({ port }, shape)
  closers.push(() => link.close())
  return link
}

describe('storing', () => {
  it('brings every object once and takes each answer as it is', async () => {
    const { scp, peer } = await faulty({ behaviour: (uid) => (uid === '1.2.2' ? 0xb000 : 0) })
    const seen: number[] = []
    const result = await storeObjects(peer, films, { ...TIMES, answered: (index) => seen.push(index) })
    expect(result).toEqual({ outcomes: [{ kind: 'answered', status: 0 }, { kind: 'answered', status: 0xb000 }, { kind: 'answered', status: 0 }] })
    expect(scp.received).toEqual(['1.2.1', '1.2.2', '1.2.3'])
    expect(seen).toEqual([0, 1, 2])
  })

  it('waits for an answer that is late, within its time', async () => {
    const { peer } = await faulty({ behaviour: () => ({ late: 500, status: 0 }) })
    expect((await storeObjects(peer, [film('1.2.1')], TIMES)).outcomes).toEqual([{ kind: 'answered', status: 0 }])
  })

  it('does not wait for ever for an answer that never comes', async () => {
    const { peer } = await faulty({ behaviour: (uid) => (uid === '1.2.2' ? 'never' : 0) })
    expect(await storeObjects(peer, films, TIMES)).toMatchObject({ outcomes: [{ kind: 'answered' }, { kind: 'unanswered' }, { kind: 'untouched' }], problem: { code: 'timeout' } })
  })

  it.each(['drop', 'abort'] as const)('knows that an object may be there when the peer does %s after its last byte', async (how) => {
    const { peer } = await faulty({ behaviour: () => how })
    expect(await storeObjects(peer, films, TIMES)).toMatchObject({ outcomes: [{ kind: 'unanswered' }, { kind: 'untouched' }, { kind: 'untouched' }], problem: { code: 'link-broke' } })
  })

  it.each(['wrong-number', 'wrong-object', 'garbage'] as const)('believes no answer that is not its own: %s', async (how) => {
    const { peer } = await faulty({ behaviour: () => how })
    expect(await storeObjects(peer, films, TIMES)).toMatchObject({ outcomes: [{ kind: 'unanswered' }, { kind: 'untouched' }, { kind: 'untouched' }], problem: { code: 'protocol' } })
  })

  it('knows that the peer can not have an object which left in part', async () => {
    const { peer } = await faulty({ dropAfterBytes: 200_000 })
    expect(await storeObjects(peer, [film('1.2.1', 3000)], TIMES)).toMatchObject({ outcomes: [{ kind: 'cut' }], problem: { code: 'link-broke' } })
  })

  it('says of each object that no context was accepted, and ends in order', async () => {
    const { peer } = await faulty({ manners: 'no-contexts' })
    expect(await storeObjects(peer, films, TIMES)).toEqual({ outcomes: films.map(() => ({ kind: 'not-accepted' })) })
  })

  it('says that an association was rejected, and by which titles', async () => {
    const { peer } = await faulty({ manners: 'reject' })
    const { problem } = await storeObjects(peer, films, TIMES)
    expect(problem).toMatchObject({ code: 'association-rejected' })
    expect(problem?.message).toContain('SCREENPOST to PACS')
  })

  it('gives up on a peer that accepts the connection and says nothing', async () => {
    const { peer } = await faulty({ manners: 'mute' })
    expect((await storeObjects(peer, films, { ...TIMES, answerMs: 300 })).problem?.code).toBe('timeout')
  })

  it('stops at once when it is told to', async () => {
    const { peer } = await faulty({ behaviour: () => 'never' })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    const started = performance.now()
    expect((await storeObjects(peer, films, { ...TIMES, answerMs: 60_000, signal: stop.signal })).problem?.code).toBe('stopped')
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('sends a smaller encoding where the peer takes it, and the object\'s own where not', async () => {
    const { scp, peer } = await faulty()
    const small = { transferSyntaxUid: SYNTAX.implicit, file: makeDicom({ sopInstanceUid: '1.2.9', transferSyntax: SYNTAX.implicit }) }
    const big = film('1.2.9', 2000)
    const paced: number[] = []
    const pace = (bytes: number) => { paced.push(bytes); return Promise.resolve() }
    expect((await storeObjects(peer, [{ ...big, alternatives: [small] }], { ...TIMES, pace })).outcomes).toEqual([{ kind: 'answered', status: 0 }])
    expect(paced.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(20_000)
    expect(scp.received).toEqual(['1.2.9'])
  })
})

describe('storing over a bad link', { timeout: 30_000 }, () => {
  it('has as long as the bytes need at the rate that is waited for', async () => {
    const { peer, scp } = await faulty()
    const link = await shaped(scp.port, { bytesPerSecond: 200_000, latencyMs: 50 })
    const started = performance.now()
    const { outcomes } = await storeObjects({ ...peer, port: link.port }, [film('1.2.1', 500)], { ...TIMES, answerMs: 500 })
    expect(outcomes).toEqual([{ kind: 'answered', status: 0 }])
    expect(performance.now() - started).toBeGreaterThan(2_000)
  })

  it('gives a silent link up in the time that follows from the bytes', async () => {
    const { peer, scp } = await faulty()
    const link = await shaped(scp.port, { bytesPerSecond: 2_000_000 })
    const watch = setInterval(() => { if (link.bytes.up > 100_000) void link.down('silent') }, 10)
    closers.push(() => Promise.resolve(clearInterval(watch)))
    const started = performance.now()
    const { outcomes, problem } = await storeObjects({ ...peer, port: link.port }, [film('1.2.1', 1000)], { ...TIMES, leastBytesPerSecond: 1_000_000 })
    expect(problem?.code).toBe('timeout')
    expect(outcomes[0]?.kind).not.toBe('answered')
    expect(performance.now() - started).toBeLessThan(8_000)
  })

  it('hands over no more than the line takes', async () => {
    const { peer, scp } = await faulty()
    const link = await shaped(scp.port, { bytesPerSecond: 10_000_000 })
    let handed = 0
    let mostAhead = 0
    const pace = (bytes: number): Promise<void> => {
      handed += bytes
      mostAhead = Math.max(mostAhead, handed - link.bytes.up)
      return Promise.resolve()
    }
    const { outcomes } = await storeObjects({ ...peer, port: link.port }, [film('1.2.1', 4000)], { ...TIMES, answerMs: 10_000, leastBytesPerSecond: 100_000, pace })
    expect(outcomes).toEqual([{ kind: 'answered', status: 0 }])
    expect(handed).toBeGreaterThan(32_000_000)
    expect(mostAhead).toBeLessThan(16_000_000)
  })

  it('leaves the pace to whoever asks', async () => {
    const { peer } = await faulty()
    const pieces: number[] = []
    const object = film('1.2.1', 700)
    const { outcomes } = await storeObjects(peer, [object], { ...TIMES, pace: async (bytes) => { pieces.push(bytes); await new Promise((next) => setTimeout(next, 10)) } })
    expect(outcomes).toEqual([{ kind: 'answered', status: 0 }])
    expect(Math.max(...pieces)).toBeLessThanOrEqual(65_536)
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(700 * 700 * 2)
  })
})

describe('asking for commitment', () => {
  const ask = async (commitment: 'same-association' | 'never-reports' | undefined, lose: string[] = []) => {
    const { peer } = await faulty({ commitment, behaviour: (uid) => (lose.includes(uid) ? 'lose' : 0) })
    await storeObjects(peer, films, TIMES)
    const reports: CommitmentReport[] = []
    const asked = await requestCommitment({ peer, transactionUid: '1.2.99', references: films, timeoutMs: 2_000, lingerMs: 500, onReport: (report) => { reports.push(report) } })
    return { asked, reports }
  }

  it('finds out what was accepted and lost', async () => {
    const { asked, reports } = await ask('same-association', ['1.2.2'])
    expect(asked.ok).toBe(true)
    expect(reports).toEqual([{ transactionUid: '1.2.99', committed: ['1.2.1', '1.2.3'], failed: ['1.2.2'] }])
  })

  it('is content when the report comes another time', async () => {
    expect(await ask('never-reports')).toEqual({ asked: { ok: true, value: undefined }, reports: [] })
  })

  it('says that the service is not offered', async () => {
    expect((await ask(undefined)).asked).toMatchObject({ ok: false, error: { code: 'commitment-unsupported' } })
  })
})

describe('an echo', () => {
  it('knows a DICOM peer', async () => {
    const { peer } = await faulty()
    expect(await echo({ ...peer, timeoutMs: 1_000 })).toMatchObject({ ok: true })
  })

  it('knows a port that speaks something else', async () => {
    const web = createServer((socket) => { socket.on('error', () => undefined).resume().end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n') })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => web.close(() => resolve())))
    const { port } = web.address() as AddressInfo
    expect(await echo({ host: '127.0.0.1', port, calledAe: 'PACS', callingAe: 'SCREENPOST', timeoutMs: 1_000 })).toMatchObject({ ok: false, error: { code: 'protocol' } })
  })
})
