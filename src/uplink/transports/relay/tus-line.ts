import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import { problem } from '../../../domain/problem.js'
import type { Endpoint } from '../http/endpoint.js'
import type { HttpAnswer, HttpFailure, HttpTimes } from '../http/http-request.js'

/** The line under tus-js-client: our own requests, so that pace, deadlines, pinned certificates and tokens hold for uploads too. */
export class TusLine implements HttpStack {
  /** Why the last request got no answer, and how much of the object had left by it. */
  failure: HttpFailure | undefined
  /** What the server had of the object when it was asked last, bytes. */
  offset = 0

  constructor(private readonly endpoint: Endpoint, private readonly times: HttpTimes) {}

  getName(): string {
    return 'TusLine'
  }

  createRequest(method: string, url: string): HttpRequest {
    return new TusRequest({ method, url, send: (headers, body) => this.send({ method, url, headers, body }) })
  }

  private async send({ method, url, headers, body }: { method: string; url: string; headers: Record<string, string>; body: Buffer | undefined }): Promise<HttpAnswer> {
    const target = new URL(url)
    if (target.origin !== this.endpoint.url('').origin) throw this.fail({ problem: problem('wrong-address', `${this.endpoint.address} sends uploads to another server. Check the url.`), sent: 'none' })
    const answer = await this.endpoint.call({ method, path: target.href, headers, ...(body && body.length > 0 ? { body: [body] } : {}) }, this.times)
    if (answer.ok) {
      this.offset = Number(answer.value.headers['upload-offset'] ?? this.offset)
      return answer.value
    }
    throw this.fail(body && body.length > 0 ? answer.error : { ...answer.error, sent: 'none' })
  }

  private fail(failure: HttpFailure): Error {
    this.failure = failure
    return new Error(failure.problem.code)
  }
}

type Parts = { readonly method: string; readonly url: string; send(headers: Record<string, string>, body: Buffer | undefined): Promise<HttpAnswer> }

class TusRequest implements HttpRequest {
  private readonly headers: Record<string, string> = {}
  private progress: (bytes: number) => void = () => undefined

  constructor(private readonly parts: Parts) {}

  getMethod(): string { return this.parts.method }
  getURL(): string { return this.parts.url }
  setHeader(header: string, value: string): void { this.headers[header] = value }
  getHeader(header: string): string | undefined { return this.headers[header] }
  setProgressHandler(handler: (bytes: number) => void): void { this.progress = handler }
  abort(): Promise<void> { return Promise.resolve() }
  getUnderlyingObject(): undefined { return undefined }

  async send(body: Uint8Array | null | undefined): Promise<HttpResponse> {
    const bytes = body ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined
    const { status, headers, body: said } = await this.parts.send(this.headers, bytes)
    this.progress(bytes?.length ?? 0)
    return {
      getStatus: () => status, getBody: () => said.toString('utf8'), getUnderlyingObject: () => undefined,
      getHeader: (name) => [headers[name.toLowerCase()]].flat()[0]
    }
  }
}
