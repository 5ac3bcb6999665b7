import { createHash } from 'node:crypto'

/** A boundary that follows from the parts, so that a retry is the same bytes. */
export const boundaryOf = (names: readonly string[]): string => `screenpost-${createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 32)}`

/** A multipart/related body (RFC 2387) of DICOM files, as PS3.18 10.5 wants it. */
export function dicomMultipart(files: readonly Uint8Array[], boundary: string): Buffer[] {
  const parts = files.flatMap((file, index) => [
    Buffer.from(`${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  ])
  return [...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]
}

/** The first part's bytes of a multipart answer, or the body itself when it is none; undefined when it is damaged. */
export function firstPart(body: Buffer, contentType: string): Buffer | undefined {
  if (!contentType.toLowerCase().startsWith('multipart/')) return body
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  if (boundary === undefined) return undefined
  const start = body.indexOf(`--${boundary}`)
  const content = start < 0 ? -1 : body.indexOf('\r\n\r\n', start)
  if (content < 0) return undefined
  const end = body.indexOf(`\r\n--${boundary}`, content)
  return end < 0 ? undefined : body.subarray(content + 4, end)
}
