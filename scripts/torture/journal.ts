/** What the interposer (interposer.c, `struct record`) saw. `number`: changes counted when it was written. */
export type Operation = {
  readonly number: number
  readonly kind: 'open' | 'write' | 'rename' | 'link' | 'unlink' | 'fsync' | 'truncate' | 'mkdir' | 'rmdir' | 'close' | 'escaped'
  /** Process and descriptor, for the operations on open files. */
  readonly handle: string
  readonly path: string
  readonly to: string
  readonly data: Buffer
  /** Of a write in bytes; the new length of a truncation; of an open: 1 created, 2 emptied. */
  readonly offset: number
}

const KINDS = ['open', 'write', 'rename', 'link', 'unlink', 'fsync', 'truncate', 'mkdir', 'rmdir', 'close', 'escaped'] as const
const HEADER_BYTES = 40

/** The operations of a journal in their order; a last record that was cut off is left out. */
export function readJournal(bytes: Buffer): Operation[] {
  const operations: Operation[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32LE(at)
    if (length < HEADER_BYTES || at + length > bytes.length) break
    operations.push(readRecord(bytes.subarray(at, at + length)))
    at += length
  }
  return operations
}

function readRecord(record: Buffer): Operation {
  const path = HEADER_BYTES + record.readUInt32LE(20)
  const to = path + record.readUInt32LE(24)
  return {
    number: record.readUInt32LE(4), kind: KINDS[record.readUInt32LE(12) - 1] ?? 'escaped',
    handle: `${record.readUInt32LE(8)}:${record.readInt32LE(16)}`,
    path: record.toString('utf8', HEADER_BYTES, path), to: record.toString('utf8', path, to), data: record.subarray(to),
    offset: Number(record.readBigInt64LE(32))
  }
}
