import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { fsyncDirectory, isErrno, makeDirectoryDurable, removeDurable } from '../../platform/durable-fs.js'
import { readJournal, writeJournal } from './journal.js'
import { LineSet } from './line-set.js'
import type { ScanHeader } from './messages.js'
import { bytesPerLine } from './messages.js'
import type { StoredScan } from './session-types.js'
import { TIFF_PIXELS_AT, tiffAround } from './tiff.js'

export type WrittenLine = { readonly index: number; readonly samples: Buffer }
const CHECK_BYTES = 1 << 20

/**
 * One scan on disk, `<folder>/image.tif` and `<folder>/journal.json`: each line is written once, straight to its place in
 * the file that becomes the image. The journal names the lines that are fsynced, so a scan goes on after a crash.
 */
export class ImageSpool implements AsyncDisposable {
  readonly #held: LineSet
  private constructor(readonly folder: string, readonly header: ScanHeader, private readonly file: FileHandle, stored?: StoredScan) {
    this.#held = new LineSet(stored?.held)
  }

  get imagePath(): string { return join(this.folder, 'image.tif') }

  /** What an earlier run left of the scan; undefined when nothing of use. */
  static async find(folder: string): Promise<ImageSpool | undefined> {
    const stored = await readJournal(join(folder, 'journal.json'))
    if (!stored) return undefined
    try {
      return new ImageSpool(folder, stored.header, await open(join(folder, 'image.tif'), 'r+'), stored)
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined
      throw error
    }
  }

  /** An empty scan. What stood there is unlinked and never cut: the store may hold another name of the same bytes. */
  static async begin(folder: string, header: ScanHeader): Promise<ImageSpool> {
    await makeDirectoryDurable(folder)
    await rm(join(folder, 'journal.json'), { force: true })
    await rm(join(folder, 'image.tif'), { force: true })
    const file = await open(join(folder, 'image.tif'), 'wx+', 0o640)
    await file.truncate(TIFF_PIXELS_AT + bytesPerLine(header) * header.height)
    await fsyncDirectory(folder)
    return new ImageSpool(folder, header, file)
  }

  get stored(): StoredScan { return { header: this.header, held: this.#held.held() } }

  /** Neighbouring lines go in one call. Their bytes may be reused when this resolves. */
  async write(lines: readonly WrittenLine[]): Promise<void> {
    const stride = bytesPerLine(this.header)
    for (let at = 0; at < lines.length;) {
      const first = lines[at]!.index
      let end = at + 1
      while (end < lines.length && lines[end]!.index === first + end - at) end += 1
      const run = lines.slice(at, end).map(({ samples }) => samples)
      await writeAll(this.file, run, TIFF_PIXELS_AT + first * stride)
      at = end
    }
    for (const { index } of lines) this.#held.add(index)
  }

  /** @returns all lines below it survive a power cut now */
  async checkpoint(): Promise<number> {
    const held = this.#held.held()
    await this.file.datasync()
    await writeJournal(join(this.folder, 'journal.json'), { header: this.header, held })
    return held[0]?.first === 0 ? held[0].count : 0
  }

  /** CRC-32 of the samples of the first `lines` lines, in order. */
  async imageCrc(lines: number): Promise<number> {
    const end = TIFF_PIXELS_AT + lines * bytesPerLine(this.header)
    const chunk = Buffer.allocUnsafe(Math.min(CHECK_BYTES, end))
    let crc = 0
    for (let at = TIFF_PIXELS_AT; at < end;) {
      const { bytesRead } = await this.file.read(chunk, 0, Math.min(chunk.length, end - at), at)
      if (bytesRead === 0) return -1
      crc = crc32(chunk.subarray(0, bytesRead), crc)
      at += bytesRead
    }
    return crc
  }

  /** Makes the file a whole TIFF, fsynced. A file that is one already is left untouched. */
  async close(lines: number, serial: string): Promise<void> {
    const { head, tail } = tiffAround(this.header, lines, serial)
    const tailAt = TIFF_PIXELS_AT + lines * bytesPerLine(this.header)
    const there = Buffer.alloc(head.length)
    await this.file.read(there, 0, head.length, 0)
    if (there.equals(head) && (await this.file.stat()).size === tailAt + tail.length) return
    await writeAll(this.file, [tail], tailAt)
    await this.file.truncate(tailAt + tail.length)
    await this.file.datasync()
    await writeAll(this.file, [head], 0)
    await this.file.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close()
  }
}

/** The lines and what says which are held; whose scan it is stays. */
export async function dropLines(folder: string): Promise<void> {
  for (const name of ['journal.json', 'image.tif']) {
    await removeDurable(join(folder, name)).catch((error: unknown) => { if (!isErrno(error, 'ENOENT')) throw error })
  }
}

/** Nothing of the scan is needed any more. */
export const dropSpool = (folder: string): Promise<void> => removeDurable(folder)

/** writev(2) may write less than it was given. */
async function writeAll(file: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
  const { bytesWritten } = await file.writev(buffers as Buffer[], position)
  if (bytesWritten === total) return
  const rest = Buffer.concat(buffers as Buffer[]).subarray(bytesWritten)
  for (let at = 0; at < rest.length;) at += (await file.write(rest, at, rest.length - at, position + bytesWritten + at)).bytesWritten
}
