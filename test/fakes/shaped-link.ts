import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { seededRandom } from './seeded-random.js'

export type LinkShape = {
  /** Of each direction, shared by all connections; without it as fast as the machine. */
  readonly bytesPerSecond?: number
  /** One way. */
  readonly latencyMs?: number
  /** A packet that is lost costs its connection a pause, as TCP's retransmission does. */
  readonly loss?: { readonly probability: number; readonly pauseMs: number }
}
export type ShapedLink = {
  readonly port: number
  /** Payload that crossed, by direction. */
  readonly bytes: { up: number; down: number }
  /** Connections that were opened through it. */
  readonly connections: () => number
  /** Every connection breaks; new ones may open. */
  cut(): void
  /** `refused`: nobody listens. `silent`: connections open and nothing crosses, as where packets vanish. */
  down(how: 'refused' | 'silent'): Promise<void>
  up(): Promise<void>
  /** Lives for so long, then is cut and refused for so long, again and again until closed. */
  live(upMs: number, downMs: number): void
  close(): Promise<void>
}

const MTU_BYTES = 1400
/** Packets are sent at least this far apart in time, so that a fast link needs few timers. */
const SLICE_S = 0.005

type Flow = { from: Socket; to: Socket; waiting: Buffer[]; pausedUntilMs: number; ended: boolean }

/** One direction of the link: packets of all connections by turns, none faster than the link. */
class Direction {
  private readonly flows = new Set<Flow>()
  private running = false
  silent = false

  constructor(private readonly shape: LinkShape, private readonly random: () => number, private readonly crossed: (bytes: number) => void) {}

  carry(from: Socket, to: Socket): void {
    const flow: Flow = { from, to, waiting: [], pausedUntilMs: 0, ended: false }
    this.flows.add(flow)
    from.on('data', (chunk: Buffer) => {
      flow.waiting.push(chunk)
      if (this.shape.bytesPerSecond !== undefined || this.silent) from.pause()
      void this.run()
    })
    from.on('end', () => { flow.ended = true; void this.run() })
    const gone = (): void => { this.flows.delete(flow) }
    from.on('close', gone).on('error', gone)
    to.on('close', gone).on('error', gone).on('drain', () => { void this.run() })
  }

  async run(): Promise<void> {
    if (this.running) return
    this.running = true
    try {
      for (let moved = true; moved;) {
        moved = false
        for (const flow of [...this.flows]) moved = (await this.step(flow)) || moved
      }
    } finally {
      this.running = false
    }
  }

  private async step(flow: Flow): Promise<boolean> {
    if (this.silent || flow.to.writableNeedDrain) return false
    const now = performance.now()
    if (flow.pausedUntilMs > now) {
      setTimeout(() => { void this.run() }, flow.pausedUntilMs - now)
      return false
    }
    const [head] = flow.waiting
    if (!head) return this.finish(flow)
    const { bytesPerSecond, loss } = this.shape
    if (loss && this.random() < loss.probability) {
      flow.pausedUntilMs = now + loss.pauseMs
      return true
    }
    const size = Math.min(head.length, Math.max(MTU_BYTES, Math.floor((bytesPerSecond ?? Infinity) * SLICE_S)))
    if (bytesPerSecond !== undefined) await this.takeTime(size / bytesPerSecond * 1000)
    if (size === head.length) flow.waiting.shift()
    else flow.waiting[0] = head.subarray(size)
    if (flow.waiting.length === 0) flow.from.resume()
    this.deliver(flow, () => { this.crossed(size); if (flow.to.writable) flow.to.write(head.subarray(0, size)) })
    return true
  }

  private finish(flow: Flow): boolean {
    if (!flow.ended) return false
    this.flows.delete(flow)
    this.deliver(flow, () => { flow.to.end() })
    return false
  }

  private deliver(flow: Flow, arrive: () => void): void {
    if (this.shape.latencyMs) setTimeout(() => { if (this.flows.has(flow) || flow.ended) arrive() }, this.shape.latencyMs)
    else arrive()
  }

  /** Timers are late by about a millisecond: what was waited too long is owed to the next packet. */
  private owedMs = 0
  private async takeTime(ms: number): Promise<void> {
    const due = ms - this.owedMs
    if (due < 1) { this.owedMs = -due; return }
    const started = performance.now()
    await new Promise((resolve) => setTimeout(resolve, due))
    this.owedMs = Math.min(50, performance.now() - started - due)
  }
}

/** A link between a client and a peer that is as bad as told: slow, late, lossy, short-lived. TCP, in user space. */
export async function startShapedLink(target: { readonly host?: string; readonly port: number }, shape: LinkShape = {}): Promise<ShapedLink> {
  const bytes = { up: 0, down: 0 }
  const random = seededRandom(7)
  const up = new Direction(shape, random, (size) => { bytes.up += size })
  const down = new Direction(shape, random, (size) => { bytes.down += size })
  const sockets = new Set<Socket>()
  let opened = 0
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.setNoDelay(true).on('error', () => undefined).on('close', () => { sockets.delete(socket) })
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    opened += 1
    keep(client)
    const far = keep(connect({ host: target.host ?? '127.0.0.1', port: target.port, allowHalfOpen: true }))
    client.on('close', () => far.destroy())
    far.on('close', () => client.destroySoon())
    up.carry(client, far)
    down.carry(far, client)
  })
  const port = await listen(server, 0)
  const cut = (): void => { for (const socket of sockets) socket.resetAndDestroy() }
  const silence = (silent: boolean): void => { for (const direction of [up, down]) { direction.silent = silent; void direction.run() } }
  let timer: NodeJS.Timeout | undefined
  const link: ShapedLink = {
    port, bytes, cut, connections: () => opened,
    async down(how) {
      if (how === 'silent') return silence(true)
      cut()
      await shut(server)
    },
    async up() {
      silence(false)
      if (!server.listening) await listen(server, port)
    },
    live(upMs, downMs) {
      timer = setTimeout(() => { void link.down('refused').then(() => { timer = setTimeout(() => { void link.up().then(() => { link.live(upMs, downMs) }) }, downMs) }) }, upMs)
    },
    async close() {
      clearTimeout(timer)
      cut()
      await shut(server)
    }
  }
  return link
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => { server.off('error', reject); resolve() }))
  return (server.address() as AddressInfo).port
}

const shut = (server: Server): Promise<void> => new Promise((resolve) => { if (server.listening) server.close(() => resolve()); else resolve() })
