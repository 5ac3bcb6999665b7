import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetchUpdates } from '../../src/operations/fetch-updates.js'
import { signBundle } from '../../src/provisioning/signed-bundle.js'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const SIZE = 300_000

/** A plain file server with ranges, as nginx is one; `cutAt` breaks the line after so many bytes of a large file. */
describe('updates over the line', () => {
  let folder: string
  let server: Server
  let files: Map<string, Buffer>
  let asked: string[]
  let cutAt: number | undefined
  let password: string | undefined
  const url = (): string => `http://box7:p%20w@127.0.0.1:${(server.address() as AddressInfo).port}/boxes/`
  const fetchAll = () => fetchUpdates({ url: url(), folder })
  const lay = (name: string, content: Buffer | object): void => void files.set(`/boxes/${name}`, Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)))
  const system = randomBytes(SIZE)
  const here = (name: string): Promise<Buffer | undefined> => readFile(join(folder, name)).catch(() => undefined)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-updates-'))
    files = new Map()
    asked = []
    cutAt = undefined
    password = 'p w'
    server = createServer((request, response) => {
      asked.push(`${request.url}${request.headers.range ? ` ${request.headers.range}` : ''}`)
      const content = files.get(request.url!)
      if (request.headers.authorization !== `Basic ${Buffer.from(`box7:${password}`).toString('base64')}`) return void response.writeHead(401).end()
      if (!content) return void response.writeHead(404).end()
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from })
      if (cutAt === undefined || content.length < SIZE) return void response.end(content.subarray(from))
      response.write(content.subarray(from, from + cutAt), () => setTimeout(() => response.destroy(), 50))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    lay('update.raucb', system)
    lay('update.json', { version: '1.4.0', bytes: SIZE, sha256: sha256(system) })
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })

  it('go on where the line broke, and are there only when they are whole', async () => {
    cutAt = 100_000
    expect(await fetchAll()).toMatchObject({ ok: false, error: { code: 'no-updates' } })
    expect([await here('update.raucb'), await here('ready')]).toEqual([undefined, undefined])
    cutAt = undefined
    expect(await fetchAll()).toEqual({ ok: true, value: { system: '1.4.0' } })
    expect(await here('update.raucb')).toEqual(system)
    expect(asked.filter((each) => each.includes('bytes=')).length).toBe(1)
    expect(JSON.parse((await here('ready'))!.toString())).toEqual({ system: '1.4.0' })
    asked = []
    expect(await fetchAll()).toEqual({ ok: true, value: {} })
    expect(asked).not.toContain('/boxes/update.raucb')
  })

  it('are thrown away when a byte is wrong, and fetched anew the next time', async () => {
    lay('update.raucb', Buffer.from(system).fill(7, 5, 6))
    expect(await fetchAll()).toMatchObject({ ok: false, error: { code: 'bad-updates', message: expect.stringContaining('SHA-256') as string } })
    expect((await readdir(folder)).filter((name) => name.includes('raucb'))).toEqual([])
    lay('update.raucb', system)
    expect(await fetchAll()).toMatchObject({ ok: true })
  })

  it('bring packs with their bundle last, each file once', async () => {
    files.delete('/boxes/update.json')
    const [model, card] = [randomBytes(5000), Buffer.from('a card')]
    const list = [['packs/tb-chest/1.1.0/model.onnx', model], ['packs/tb-chest/1.1.0/CARD.md', card]] as const
    for (const [path, bytes] of list) lay(`screenpost-packs/${path}`, bytes)
    const bundle = signBundle({ kind: 'packs', from: 'Centre', createdAt: '2026-11-01T08:00:00Z', serial: 4, files: list.map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: sha256(bytes) })) }, generateKeyPairSync('ed25519').privateKey)
    lay('screenpost-packs/bundle.json', Buffer.from(bundle))
    files.delete(`/boxes/screenpost-packs/${list[1][0]}`)
    expect(await fetchAll()).toMatchObject({ ok: false, error: { code: 'bad-updates' } })
    expect(await here('screenpost-packs/bundle.json')).toBeUndefined()
    lay(`screenpost-packs/${list[1][0]}`, card)
    expect(await fetchAll()).toEqual({ ok: true, value: { packs: 4 } })
    expect(await here('screenpost-packs/packs/tb-chest/1.1.0/model.onnx')).toEqual(model)
    expect(asked.filter((each) => each.endsWith('model.onnx'))).toHaveLength(1)
    expect(await fetchAll()).toEqual({ ok: true, value: {} })
  })

  it('have descriptions of a size, and no more is read of one that is larger', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ')
    let sent = 0
    server.removeAllListeners('request')
    server.on('request', (_request, response) => {
      const send = (): void => {
        if (response.destroyed || sent >= 64 * piece.length) return void response.end()
        sent += piece.length
        response.write(piece, send)
      }
      send()
    })
    expect(await fetchAll()).toMatchObject({ ok: false, error: { code: 'bad-updates', message: expect.stringContaining('too large') as string } })
    expect(sent).toBeLessThan(32 * piece.length)
  })

  it('never leave their folder, and say what is wrong with the address without its password', async () => {
    lay('screenpost-packs/bundle.json', { formatVersion: 1, payload: JSON.stringify({ serial: 1, files: [{ path: '../../evil', bytes: 1, sha256: 'a'.repeat(64) }] }) })
    expect(await fetchAll()).toMatchObject({ ok: false, error: { code: 'bad-updates' } })
    password = 'other'
    const refused = await fetchAll()
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringContaining('401') as string } })
    expect(JSON.stringify(refused)).not.toContain('p%20w')
  })
})
