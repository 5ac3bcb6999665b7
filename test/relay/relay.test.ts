import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as http } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startShapedLink } from '../fakes/shaped-link.js'
import { waitFor } from '../flows/appliance.js'
import { certificatesIn } from '../generators/certificates.js'
import { film, heldOf, terms } from '../uplink/transports/cargo.js'
import { QUICK, clinic, pacsTransport, relayHouse } from './relay-house.js'
import { problem } from '../../src/domain/problem.js'
import { ok } from '../../src/domain/result.js'
import { Clinics } from '../../src/relay/clinics.js'
import type { Transport } from '../../src/uplink/transports/transport.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close() })

const signal = new AbortController().signal
const films = ['7.1', '7.2', '7.3'].map((uid) => film(uid))
const portOf = (url: string): number => Number(new URL(url).port)

/** A way to the relay on which answers get lost. */
async function deafFront(port: number): Promise<{ readonly url: string; deafTo: string }> {
  const front = { url: '', deafTo: '' }
  const server = createServer((request, response) => {
    const on = http({ host: '127.0.0.1', port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      if (front.deafTo === request.method) return void request.socket.destroy()
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(on)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  closers.push(async () => { server.closeAllConnections(); await new Promise((resolve) => { server.close(resolve) }) })
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return front
}

const committed = (transport: Transport, cargo = films) => waitFor(async () => {
  const answer = await transport.confirm!(cargo.map(heldOf), signal)
  return answer.ok && answer.value.committed.length === cargo.length ? answer.value : undefined
}, { timeoutMs: 15_000, hint: () => 'not all committed' })

describe('the relay', { timeout: 30_000 }, () => {
  it('hands each object to its PACS once, and says how it stands', async () => {
    const { pacs, relay, token } = await relayHouse(closers)
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    expect(await transport.probe(signal)).toMatchObject({ ok: true })
    const { answers, problem } = await transport.send(films, terms())
    expect(problem).toBeUndefined()
    expect(answers.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored'])
    expect(await committed(transport)).toMatchObject({ missing: [], proof: 'commitment' })
    expect([...pacs.received].sort()).toEqual(['7.1', '7.2', '7.3'])
    expect((await transport.send(films, terms())).answers).toEqual(films.map(() => ({ kind: 'stored', receipt: 'committed' })))
    expect(pacs.received.length).toBe(3)
  })

  it('keeps what it was given while its PACS is away, over restarts, and says that it holds it', async () => {
    const { pacs, relay, token, start } = await relayHouse(closers, { behaviour: () => 0xa700 })
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    expect((await transport.send(films, terms())).answers).toEqual(films.map(() => ({ kind: 'stored', receipt: 'held-by-relay' })))
    expect(await transport.confirm!(films.map(heldOf), signal)).toMatchObject({ ok: true, value: { committed: [], missing: [] } })
    await relay[Symbol.asyncDispose]()
    pacs.behaviour = () => 0
    const again = await start()
    closers.push(async () => again[Symbol.asyncDispose]())
    await committed((await clinic(closers, { url: again.url, bearer: token })).transport)
    expect([...pacs.kept].sort()).toEqual(['7.1', '7.2', '7.3'])
  })

  it('gives back the answer of the PACS: a warning, a refusal', async () => {
    const { relay, token } = await relayHouse(closers, { behaviour: (uid) => ({ '7.1': 0xb000, '7.2': 0xc000 })[uid] ?? 0 })
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    const { answers } = await transport.send(films, terms())
    expect(answers[0]).toMatchObject({ kind: 'stored-with-warning', status: 0xb000 })
    const refused = await waitFor(async () => (await transport.send([films[1]!], terms())).answers.find(({ kind }) => kind === 'refused'), { timeoutMs: 10_000, hint: () => 'never refused' })
    expect(refused).toMatchObject({ kind: 'refused', status: 0xc000 })
    const told = await waitFor(async () => {
      const answer = await transport.confirm!([heldOf(films[1]!)], signal)
      return answer.ok && answer.value.refused!.length > 0 ? answer.value.refused : undefined
    }, { timeoutMs: 5_000, hint: () => 'the refusal is not told' })
    expect(told).toMatchObject([{ sopInstanceUid: '7.2', problem: { code: 'refused' } }])
  })

  it('asks a PACS again that it refused before, when the clinic sends again', async () => {
    const { pacs, relay, token } = await relayHouse(closers, { behaviour: () => 0x0122 })
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    const refused = (): Promise<boolean> => transport.send([films[0]!], terms()).then(({ answers }) => answers[0]!.kind === 'refused')
    await waitFor(async () => (await refused()) || undefined, { timeoutMs: 10_000, hint: () => 'never refused' })
    pacs.behaviour = () => 0
    await transport.send([films[0]!], terms())
    await committed(transport, [films[0]!])
  })

  it('sends to the PACS again what that accepted and lost', async () => {
    let lost = false
    const { pacs, relay, token } = await relayHouse(closers, { behaviour: () => (lost ? 0 : ((lost = true), 'lose')) })
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    await transport.send([films[0]!], terms())
    await committed(transport, [films[0]!])
    expect(pacs.received).toEqual(['7.1', '7.1'])
  })

  it('carries 20 MB over a link that never lives long enough for it, restarted on both sides', { timeout: 60_000 }, async () => {
    const { relay, token, start } = await relayHouse(closers)
    const large = film('7.9', 3200)
    let at = relay
    const link = await startShapedLink({ port: portOf(at.url) }, { bytesPerSecond: 4_000_000, latencyMs: 20 })
    closers.push(() => link.close())
    const { host } = await clinic(closers, { url: relay.url, bearer: token })
    let answer = 'untouched'
    let tries = 0
    for (; answer !== 'stored' && tries < 30; tries++) {
      const { transport } = await clinic(closers, { url: `http://127.0.0.1:${link.port}`, bearer: token }, host.stateFolder)
      const begun = link.bytes.up
      const cut = setInterval(() => { if (link.bytes.up - begun > 4_500_000) link.cut() }, 20)
      answer = (await transport.send([large], terms())).answers[0]!.kind
      clearInterval(cut)
      if (tries === 2) {
        await at[Symbol.asyncDispose]()
        at = await start({ port: portOf(relay.url) })
        const restarted = at
        closers.push(async () => restarted[Symbol.asyncDispose]())
      }
    }
    expect(answer).toBe('stored')
    expect(tries).toBeGreaterThan(3)
    expect(link.bytes.up).toBeLessThan(1.3 * large.file.byteLength)
    await committed((await clinic(closers, { url: at.url, bearer: token })).transport, [large])
    await link.close()
  })

  it('lets nobody in without a token, and no clinic see another\'s', async () => {
    const { relay, token } = await relayHouse(closers)
    const other = await relay.clinics.add('valley')
    expect(await (await clinic(closers, { url: relay.url })).transport.send(films, terms())).toMatchObject({ problem: { code: 'not-authorised' } })
    expect(await (await clinic(closers, { url: relay.url, bearer: 'guess' })).transport.probe(signal)).toMatchObject({ ok: false, error: { code: 'not-authorised' } })
    await (await clinic(closers, { url: relay.url, bearer: token })).transport.send(films, terms())
    const valley = await clinic(closers, { url: relay.url, bearer: other })
    expect(await valley.transport.confirm!(films.map(heldOf), signal)).toMatchObject({ ok: true, value: { committed: [], missing: ['7.1', '7.2', '7.3'] } })
  })

  it('hands no second image to the PACS under a UID that another clinic used, and says so; the same image by another way is one', async () => {
    const { pacs, relay, token } = await relayHouse(closers)
    const [hill, valley, stick] = [token, await relay.clinics.add('valley'), await relay.clinics.add('hill-by-stick')]
    const from = async (bearer: string) => (await clinic(closers, { url: relay.url, bearer })).transport
    await (await from(hill)).send([films[0]!], terms())
    await committed(await from(hill), [films[0]!])
    const other = film('7.1', 80)
    const transport = await from(valley)
    await transport.send([other, films[1]!], terms())
    await committed(transport, [films[1]!])
    const told = await waitFor(async () => {
      const answer = await transport.confirm!([heldOf(other)], signal)
      return answer.ok && (answer.value.committed.length > 0 || answer.value.refused!.length > 0) ? answer.value : undefined
    }, { timeoutMs: 5_000, hint: () => 'nothing is told of it' })
    expect(told).toMatchObject({ committed: [], refused: [{ sopInstanceUid: '7.1', problem: { code: 'uid-of-another' } }] })
    expect(pacs.received).toEqual(['7.1', '7.2'])
    await (await from(stick)).send([films[0]!], terms())
    await committed(await from(stick), [films[0]!])
  })

  it('hands only one of two images under one UID over that both waited while the PACS was away', async () => {
    const { pacs, start, dataFolder } = await relayHouse(closers)
    const folder = join(dataFolder, 'two')
    const alone = await start({ dataFolder: folder, openPacs: (heard) => pacsTransport({ port: 9 }, heard, dataFolder) })
    const both = [[await alone.clinics.add('hill'), films[0]!], [await alone.clinics.add('valley'), film('7.1', 80)]] as const
    for (const [bearer, one] of both) expect((await (await clinic(closers, { url: alone.url, bearer })).transport.send([one], terms())).answers[0]).toMatchObject({ kind: 'stored' })
    await alone[Symbol.asyncDispose]()
    const relay = await start({ dataFolder: folder })
    closers.push(async () => relay[Symbol.asyncDispose]())
    const told = await waitFor(async () => {
      const answers = await Promise.all(both.map(async ([bearer, one]) => (await clinic(closers, { url: relay.url, bearer })).transport.confirm!([heldOf(one)], signal)))
      const found = answers.flatMap((answer) => (answer.ok ? [answer.value.committed.length, answer.value.refused!.length] : []))
      return found.reduce((sum, count) => sum + count, 0) === 2 ? found : undefined
    }, { timeoutMs: 8_000, hint: () => 'not both are told' })
    expect([[1, 0, 0, 1], [0, 1, 1, 0]]).toContainEqual(told)
    expect(pacs.received).toEqual(['7.1'])
  })

  it('tells a clinic that the PACS gave back another image under the UID, and asks for it no more', async () => {
    const { pacs, start, dataFolder } = await relayHouse(closers)
    let asked = 0
    const another: Transport['confirm'] = (objects) => {
      asked += 1
      const refused = objects.map(({ sopInstanceUid }) => ({ sopInstanceUid, problem: problem('uid-of-another', 'Another image is there.') }))
      return Promise.resolve(ok({ committed: [], missing: [], proof: 'retrieved', refused }))
    }
    const relay = await start({ dataFolder: join(dataFolder, 'by-dicomweb'), openPacs: (heard) => ({ ...pacsTransport(pacs, heard, dataFolder), confirm: another }) })
    closers.push(async () => relay[Symbol.asyncDispose]())
    const { transport } = await clinic(closers, { url: relay.url, bearer: await relay.clinics.add('hill') })
    await transport.send([films[0]!], terms())
    const told = await waitFor(async () => {
      const answer = await transport.confirm!([heldOf(films[0]!)], signal)
      return answer.ok && answer.value.refused!.length > 0 ? answer.value : undefined
    }, { timeoutMs: 5_000, hint: () => 'nothing is told of it' })
    expect(told).toMatchObject({ committed: [], refused: [{ sopInstanceUid: '7.1', problem: { code: 'uid-of-another' } }] })
    await new Promise((resolve) => setTimeout(resolve, 3 * QUICK.askAgainMs))
    expect(asked).toBe(1)
  })

  it('knows a clinic by its certificate', async () => {
    const { start, dataFolder } = await relayHouse(closers)
    const certificates = certificatesIn(dataFolder)
    const centre = certificates.authority('centre')
    const [server, hill] = [certificates.issue('server', 'centre'), certificates.issue('hill', 'centre')]
    certificates.authority('foreign')
    const foreign = certificates.issue('intruder', 'foreign')
    const secure = await start({ tls: { cert: server.cert, key: server.key, ca: centre.cert } })
    closers.push(async () => secure[Symbol.asyncDispose]())
    const mutual = (own: typeof hill) => ({ ca: centre.certPath, cert: own.certPath, key: own.keyPath })
    const { transport } = await clinic(closers, { url: secure.url, tls: mutual(hill) })
    expect((await transport.send(films, terms())).answers.map(({ kind }) => kind)).toEqual(['stored', 'stored', 'stored'])
    await committed(transport)
    expect(await (await clinic(closers, { url: secure.url, tls: mutual(foreign) })).transport.probe(signal)).toMatchObject({ ok: false, error: { code: 'not-authorised' } })
    expect(await (await clinic(closers, { url: secure.url, tls: { ca: centre.certPath } })).transport.probe(signal)).toMatchObject({ ok: false, error: { code: 'not-authorised' } })
  })

  it.each([['is gone', (path: string) => rm(path)], ['is not what came', (path: string) => writeFile(path, 'rotten')]])('hands on the others when an object on its disk %s, and has that one sent again', async (_, spoil) => {
    const { pacs, relay, token } = await relayHouse(closers, { behaviour: () => 0xa700 })
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    await transport.send(films, terms())
    await spoil(relay.store.objectPath(relay.store.withUid('7.1')[0]!))
    pacs.behaviour = () => 0
    await committed(transport, films.slice(1))
    // Each object is tried in its own time: the others may be there before this one was looked for.
    const told = await waitFor(async () => {
      const answer = await transport.confirm!([heldOf(films[0]!)], signal)
      return answer.ok && answer.value.missing.length > 0 ? answer.value : undefined
    }, { timeoutMs: 8_000, hint: () => 'it is not asked for again' })
    expect(told).toMatchObject({ committed: [], missing: ['7.1'] })
    await transport.send([films[0]!], terms())
    await committed(transport)
    expect([...pacs.kept].sort()).toEqual(['7.1', '7.2', '7.3'])
  })

  it('knows a token no more soon after another took its place beside the running relay', async () => {
    const { relay, token, dataFolder } = await relayHouse(closers)
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    expect(await transport.probe(signal)).toMatchObject({ ok: true })
    await (await Clinics.open(join(dataFolder, 'clinics.json'))).add('hill')
    await waitFor(async () => ((await transport.probe(signal)).ok ? undefined : true), { timeoutMs: 5_000, hint: () => 'the old token is still let in' })
  })

  it('has what was sent before a backup was restored, where the UID says what is in it: it is made anew with another date, and is the same', async () => {
    const { relay, token } = await relayHouse(closers)
    await (await clinic(closers, { url: relay.url, bearer: token })).transport.send([films[0]!], terms())
    const restored = await clinic(closers, { url: relay.url, bearer: token })
    const anew = { ...film('7.1', 80), uidSaysContent: true as const }
    expect((await restored.transport.send([anew], terms())).answers).toMatchObject([{ kind: 'stored' }])
    await committed(restored.transport, [anew])
  })

  it('refuses other content under a UID that it knows, and what is no DICOM object', async () => {
    const { relay, token } = await relayHouse(closers)
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    await transport.send([films[0]!], terms())
    expect((await transport.send([{ ...films[0]!, file: film('7.1', 80).file }], terms())).answers[0]).toMatchObject({ kind: 'refused', problem: { code: 'other-content' } })
    expect((await transport.send([{ ...films[1]!, file: Buffer.alloc(5000, 7) }], terms())).answers[0]).toMatchObject({ kind: 'refused', problem: { code: 'not-this-object' } })
    expect((await transport.send([{ ...films[1]!, file: films[2]!.file }], terms())).answers[0]).toMatchObject({ kind: 'refused', problem: { code: 'not-this-object' } })
  })

  describe.each([['small', 8, 'POST'], ['large', 400, 'PATCH']])('when the answer to a %s object was lost', (_, side, method) => {
    const of = (content: number) => ({ ...film('7.1', side + content) })

    it('says that it has it, although it would leave with other content by now, over a restart', async () => {
      const { relay, token } = await relayHouse(closers)
      const front = await deafFront(portOf(relay.url))
      const box = await clinic(closers, { url: front.url, bearer: token })
      front.deafTo = method
      expect((await box.transport.send([of(0)], terms())).answers).toMatchObject([{ kind: 'unanswered' }])
      front.deafTo = ''
      const { transport } = await clinic(closers, { url: front.url, bearer: token }, box.host.stateFolder)
      expect((await transport.send([of(1)], terms())).answers).toMatchObject([{ kind: 'stored' }])
      await committed(transport, [of(1)])
      expect(await readdir(join(box.host.stateFolder, 'uploads')).catch(() => [])).toEqual([])
    })

    it('does not pass another object under its UID off as it', async () => {
      const { relay, token } = await relayHouse(closers)
      await (await clinic(closers, { url: relay.url, bearer: token })).transport.send([of(9)], terms())
      const front = await deafFront(portOf(relay.url))
      const { transport } = await clinic(closers, { url: front.url, bearer: token })
      front.deafTo = method
      await transport.send([of(0)], terms())
      front.deafTo = ''
      for (const content of [1, 0]) expect((await transport.send([of(content)], terms())).answers).toMatchObject([{ kind: 'refused', problem: { code: 'other-content' } }])
    })
  })

  it('keeps no bytes of what is committed, and no upload of what is done', async () => {
    const { relay, token, dataFolder } = await relayHouse(closers)
    const { transport } = await clinic(closers, { url: relay.url, bearer: token })
    const large = film('7.8', 400)
    await transport.send([...films, large], terms())
    await committed(transport, [...films, large])
    expect(await readdir(join(dataFolder, 'uploads'))).toEqual([])
    const left = (await readdir(join(dataFolder, 'objects'), { recursive: true })).filter((name) => name.endsWith('.dcm'))
    expect(left).toEqual([])
    expect(JSON.stringify(await readFile(join(dataFolder, 'clinics.json'), 'utf8'))).not.toContain(token)
  })
})
