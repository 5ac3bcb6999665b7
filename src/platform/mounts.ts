import type { Readable } from 'node:stream'

/** A request to a path that a device mounted; who asks was already checked. The body is a stream and comes once. */
export type MountedRequest = {
  readonly method: string
  /** What follows the mounted path, without a slash at either end. */
  readonly rest: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
  readonly callerId: string
}
export type MountedAnswer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
export type MountedHandler = (request: MountedRequest) => Promise<MountedAnswer>

/** Addresses that devices answer under the web server: devices mount, the web part looks up. */
export class Mounts {
  private readonly handlers = new Map<string, MountedHandler>()

  /** Gives what unmounts it. @throws when the path is taken (EADDRINUSE, as for a port) */
  mount(path: string, handler: MountedHandler): () => void {
    if (this.handlers.has(path)) throw Object.assign(new Error(`${path} is taken`), { code: 'EADDRINUSE' })
    this.handlers.set(path, handler)
    return () => { this.handlers.delete(path) }
  }

  find(path: string): MountedHandler | undefined {
    return this.handlers.get(path)
  }
}
