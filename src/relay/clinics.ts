import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { TLSSocket } from 'node:tls'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { writeFileDurable } from '../platform/durable-fs.js'

const shape = z.array(z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,32}$/), tokenSha256: z.string().regex(/^[0-9a-f]{64}$/) }))
type Entry = z.infer<typeof shape>[number]

const hash = (token: string): Buffer => createHash('sha256').update(token).digest()

const RELOAD_MS = 1_000

/** Who may send: clinics with a token each, of which only the hash is kept, or with a certificate of the centre's authority. */
export class Clinics {
  private loadedMs = performance.now()

  private constructor(private readonly path: string, private entries: readonly Entry[]) {}

  /** Throws when the file is there and can not be understood: nobody is let in by mistake. */
  static async open(path: string): Promise<Clinics> {
    return new Clinics(path, await load(path))
  }

  get count(): number {
    return this.entries.length
  }

  /** A new token for a clinic, which replaces its older one; shown once. A relay that runs takes it at once. */
  async add(id: string): Promise<string> {
    const token = `relay-${randomBytes(24).toString('base64url')}`
    const entries = await load(this.path)
    this.entries = shape.parse([...entries.filter((one) => one.id !== id), { id, tokenSha256: hash(token).toString('hex') }])
    await writeFileDurable(this.path, `${JSON.stringify(this.entries, undefined, 2)}\n`)
    return token
  }

  /** The clinic that a request comes from, or undefined. A certificate was checked by the TLS server already; its common name is the clinic. */
  async of(request: IncomingMessage): Promise<string | undefined> {
    const token = /^Bearer ([\x21-\x7e]{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return byCertificate(request)
    await this.reload()
    return this.byToken(token)
  }

  private byToken(token: string): string | undefined {
    const given = hash(token)
    return this.entries.find(({ tokenSha256 }) => timingSafeEqual(Buffer.from(tokenSha256, 'hex'), given))?.id
  }

  /** Tokens are made and taken away beside a running relay: one that was replaced must not hold until a stranger asks. */
  private async reload(): Promise<void> {
    if (performance.now() - this.loadedMs < RELOAD_MS) return
    this.loadedMs = performance.now()
    this.entries = await load(this.path).catch(() => this.entries)
  }
}

async function load(path: string): Promise<readonly Entry[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  return shape.parse(JSON.parse(text))
}

function byCertificate(request: IncomingMessage): string | undefined {
  const socket = request.socket as Partial<TLSSocket>
  if (socket.authorized !== true) return undefined
  const name = [socket.getPeerCertificate?.().subject?.CN].flat()[0]
  return name !== undefined && /^[A-Za-z0-9 ._-]{1,64}$/.test(name) ? `certificate:${name}` : undefined
}
