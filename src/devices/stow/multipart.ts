import type { Readable } from 'node:stream'

/** A part of a multipart body: its headers in lower case, and its bytes, which have to be read before the next part comes. */
export type Part = { readonly headers: Readonly<Record<string, string>>; readonly bytes: AsyncIterable<Buffer> }

/** The body is not what its boundary promised. */
export class MultipartError extends Error {}

const MOST_HEADER_BYTES = 16 * 1024
const END_OF_HEADERS = Buffer.from('\r\n\r\n')

/** The boundary of a `multipart/related` content type (RFC 2387), undefined for anything else. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/related\b/i.test(contentType)) return undefined
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s"]{1,70}))/i.exec(contentType) ?? []
  return quoted ?? plain
}

/** The parts of a multipart body (RFC 2046 5.1) as they stream in; holds one chunk and one boundary in memory. @throws MultipartError */
export async function* partsOf(body: Readable, boundary: string): AsyncGenerator<Part> {
  const reader = new Reader(body[Symbol.asyncIterator]() as AsyncIterator<Buffer>, Buffer.from(`\r\n--${boundary}`))
  for await (const _preamble of reader.untilBoundary()) continue
  while (await reader.anotherPart()) {
    const headers = await reader.headers()
    const bytes = reader.untilBoundary()
    yield { headers, bytes }
    for await (const _unread of bytes) continue
  }
}

class Reader {
  /** Starts as if a line had ended: the first boundary may open the body. */
  private held: Buffer = Buffer.from('\r\n')

  constructor(private readonly source: AsyncIterator<Buffer>, private readonly delimiter: Buffer) {}

  /** Bytes up to the next boundary, which is swallowed. */
  async *untilBoundary(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.held.indexOf(this.delimiter)
      if (at >= 0) {
        const last = this.held.subarray(0, at)
        this.held = this.held.subarray(at + this.delimiter.length)
        if (last.length > 0) yield last
        return
      }
      const safe = this.held.length - this.delimiter.length + 1
      if (safe > 0) {
        const chunk = this.held.subarray(0, safe)
        this.held = this.held.subarray(safe)
        yield chunk
      }
      await this.more()
    }
  }

  /** After a boundary: false when it was the closing one. */
  async anotherPart(): Promise<boolean> {
    while (this.held.length < 2) await this.more()
    return this.held.toString('latin1', 0, 2) !== '--'
  }

  async headers(): Promise<Record<string, string>> {
    let end = this.held.indexOf(END_OF_HEADERS)
    while (end < 0) {
      if (this.held.length > MOST_HEADER_BYTES) throw new MultipartError('part headers too long')
      await this.more()
      end = this.held.indexOf(END_OF_HEADERS)
    }
    const lines = this.held.toString('latin1', 0, end).split('\r\n')
    this.held = this.held.subarray(end + END_OF_HEADERS.length)
    return Object.fromEntries(lines.filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  }

  private async more(): Promise<void> {
    const next = await this.source.next().catch(() => { throw new MultipartError('body broke off') })
    if (next.done) throw new MultipartError('body ended before its last boundary')
    this.held = this.held.length === 0 ? next.value : Buffer.concat([this.held, next.value])
  }
}
