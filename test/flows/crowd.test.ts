import { readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDicom } from '../generators/dicom.js'
import { removeData, run, settledStudies, startAppliance, temporaryData, waitFor } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { describeWith, peerPath } from './peers.js'

const film = (n: number): Buffer => makeDicom({ sopInstanceUid: `2.25.9${n}`, modality: 'CR', columns: 512, rows: 512, bitsAllocated: 8, pixels: new Uint8Array(512 * 512).map((_, at) => (at * 31 + n) & 255) })
const MOST_RESIDENT_MB = 500

describeWith(['storescu', 'echoscu'], 'everybody at once', () => {
  let clinic: RunningAppliance
  let scratch: string
  let clinician: { authorization: string }
  beforeAll(async () => {
    scratch = await temporaryData()
    clinic = await startAppliance()
    clinician = { authorization: `Bearer ${await clinic.token('clinician')}` }
  }, 60_000)
  afterAll(async () => {
    await clinic?.stop()
    if (clinic) await removeData(clinic)
    await removeData({ data: scratch })
  })

  const residentMb = async (): Promise<number> => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${clinic.child.pid}/status`, 'utf8'))![1]) / 1024
  const answersIn = async (): Promise<number> => {
    const startedMs = performance.now()
    await clinic.api('/api/v1/status')
    return performance.now() - startedMs
  }
  /** `from`: another machine on this one. */
  const socketTo = (port: number, from = '127.0.0.1'): Promise<Socket> => new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }, () => resolve(socket))
    socket.once('error', reject)
  })
  /** Over a connection of its own: a browser that comes now. */
  const freshStatus = (): Promise<number | undefined> => new Promise((resolve, reject) => {
    get(`${clinic.url}/login`, { agent: false }, (answer) => { answer.resume(); resolve(answer.statusCode) }).on('error', reject)
  })
  const webPort = (): number => Number(new URL(clinic.url).port)

  it('50 senders each get their answer, and the page answers meanwhile', { timeout: 120_000 }, async () => {
    const paths = await Promise.all(Array.from({ length: 50 }, async (_, n) => {
      const path = join(scratch, `${n}.dcm`)
      await writeFile(path, film(n))
      return path
    }))
    const sending = Promise.all(paths.map((path) => run(peerPath('storescu')!, ['-v', '-aec', 'SCREENPOST', '127.0.0.1', String(clinic.dicom.port), path], { timeout: 90_000 })))
    const slowest = Math.max(...await Promise.all([0, 1, 2, 3].map(async (n) => { await new Promise((resolve) => { setTimeout(resolve, n * 200) }); return answersIn() })))
    const said = (await sending).map(({ stdout, stderr }) => stdout + stderr)
    expect(said.filter((text) => text.includes('Received Store Response (Success)'))).toHaveLength(50)
    expect(slowest).toBeLessThan(15_000)
    expect((await settledStudies(clinic, 50, 90_000)).length).toBe(50)
    expect(await residentMb()).toBeLessThan(MOST_RESIDENT_MB)
  })

  it('200 connections that send their headers one by one keep nobody waiting, and are let go', { timeout: 60_000 }, async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => socketTo(webPort())))
    let open = slow.length
    for (const socket of slow) {
      socket.on('error', () => undefined)
      socket.once('close', () => { open -= 1 })
      socket.resume()
      socket.write('GET /login HTTP/1.1\r\nHost: x\r\n')
    }
    const dripping = setInterval(() => { for (const socket of slow) if (!socket.destroyed) socket.write('X-Slow: 1\r\n') }, 1000)
    try {
      expect(await answersIn()).toBeLessThan(5_000)
      await run(peerPath('echoscu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(clinic.dicom.port)])
      await waitFor(() => (open === 0 ? true : undefined), { timeoutMs: 45_000, hint: () => `${open} of 200 still open` })
    } finally {
      clearInterval(dripping)
      for (const socket of slow) socket.destroy()
    }
  })

  const DRIPS: readonly (readonly [string, string])[] = [
    ['an upload that nobody may send', 'POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000000\r\n\r\n--b\r\n'],
    ['a sign-in', 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900000\r\n\r\nuser=a'],
    ['headers', 'GET /login HTTP/1.1\r\nHost: x\r\nX-Long: ']
  ]
  it.each(DRIPS)('600 connections of one machine that hang half open (%s) take no memory and nobody else\u2019s place', { timeout: 120_000 }, async (_what, begin) => {
    const before = await residentMb()
    const slow = await Promise.all(Array.from({ length: 600 }, () => socketTo(webPort(), '127.0.0.9').catch(() => undefined)))
    const hanging = slow.filter((socket) => socket !== undefined)
    for (const socket of hanging) {
      socket.on('error', () => undefined)
      socket.resume()
      socket.write(begin + 'x'.repeat(4000))
    }
    const dripping = setInterval(() => { for (const socket of hanging) if (!socket.destroyed) socket.write('x') }, 500)
    try {
      let most = 0
      for (let turn = 0; turn < 6; turn++) {
        await new Promise((resolve) => { setTimeout(resolve, 500) })
        expect(await answersIn()).toBeLessThan(10_000)
        expect(await freshStatus()).toBe(303)
        most = Math.max(most, await residentMb())
      }
      expect(most - before).toBeLessThan(100)
    } finally {
      clearInterval(dripping)
      for (const socket of hanging) socket.destroy()
    }
  })

  it('half-open associations take neither memory nor the place of others, and are let go', { timeout: 120_000 }, async () => {
    const before = await residentMb()
    const slow = await Promise.all(Array.from({ length: 300 }, () => socketTo(clinic.dicom.port, '127.0.0.9').catch(() => undefined)))
    for (const socket of slow) {
      socket?.on('error', () => undefined)
      // An association request that announces 60 kB and stops after its head.
      socket?.write(Buffer.from([1, 0, 0, 0, 0xea, 0x60, 0, 1]))
    }
    await new Promise((resolve) => { setTimeout(resolve, 1000) })
    await run(peerPath('echoscu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(clinic.dicom.port)], { timeout: 20_000 })
    expect(await answersIn()).toBeLessThan(5_000)
    expect(await residentMb() - before).toBeLessThan(100)
    for (const socket of slow) socket?.destroy()
  })

  it('browsers that never read their events are dropped before they take memory', { timeout: 90_000 }, async () => {
    const token = await clinic.token('viewer')
    const before = await residentMb()
    const deaf = await Promise.all(Array.from({ length: 20 }, async () => {
      const socket = await socketTo(webPort())
      socket.on('error', () => undefined)
      socket.pause()
      socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`)
      return socket
    }))
    for (let n = 0; n < 30; n++) {
      const form = new FormData()
      form.append('file', new Blob([film(1000 + n)]), 'x.dcm')
      expect((await fetch(`${clinic.url}/api/v1/uploads`, { method: 'POST', headers: clinician, body: form })).status).toBe(200)
    }
    expect(await answersIn()).toBeLessThan(5_000)
    expect(await residentMb() - before).toBeLessThan(150)
    for (const socket of deaf) socket.destroy()
  })

  it('a device that floods with rubbish takes neither memory nor the place of others', { timeout: 60_000 }, async () => {
    const floods = await Promise.all(Array.from({ length: 8 }, () => socketTo(clinic.dicom.port)))
    let sent = 0
    for (const socket of floods) {
      socket.on('error', () => undefined)
      socket.resume()
      // A P-DATA unit that announces 2 GB and goes on and on.
      socket.write(Buffer.from([4, 0, 0x7f, 0xff, 0xff, 0xff]))
      const pour = (): void => { while (!socket.destroyed && sent < 400e6 && socket.write(Buffer.alloc(65_536, 0x41))) sent += 65_536 }
      socket.on('drain', pour)
      pour()
    }
    await new Promise((resolve) => { setTimeout(resolve, 3000) })
    await run(peerPath('echoscu')!, ['-aec', 'SCREENPOST', '127.0.0.1', String(clinic.dicom.port)], { timeout: 20_000 })
    expect(await answersIn()).toBeLessThan(5_000)
    expect(await residentMb()).toBeLessThan(MOST_RESIDENT_MB)
    for (const socket of floods) socket.destroy()
  })
})
