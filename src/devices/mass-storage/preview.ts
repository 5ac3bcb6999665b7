import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beginsAsDicom } from '../../dicom/cut-short.js'
import type { DeviceHost } from '../device-kind.js'
import type { MediumFile } from './list-files.js'
import { absolute } from './list-files.js'

const LONGEST_SIDE = 240
const HEAD_BYTES = 256
const MOST_BYTES = 64 * 1024 * 1024
const MOST_PIXELS = 120_000_000

/** A small JPEG of a picture on the medium; undefined for what can't be drawn. DICOM and BMP are drawn from a copy in the spool by the house's reader. */
export async function thumbnailOf(root: Buffer, file: MediumFile, host: Pick<DeviceHost, 'draw' | 'spoolFolder' | 'hasRoomFor'>): Promise<Buffer | undefined> {
  if (file.bytes > MOST_BYTES) return undefined
  try {
    const bytes = await readAll(root, file)
    return host.draw && isForReader(bytes) ? await drawn(bytes, host as Drawing) : await shrunk(bytes)
  } catch {
    return undefined
  }
}

const isForReader = (bytes: Buffer): boolean => beginsAsDicom(bytes.subarray(0, HEAD_BYTES)) || bytes.toString('latin1', 0, 2) === 'BM'

async function readAll(root: Buffer, file: MediumFile): Promise<Buffer> {
  const source = await open(absolute(root, file.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(file.bytes)
    return bytes.subarray(0, (await source.read(bytes, 0, bytes.length, 0)).bytesRead)
  } finally {
    await source.close()
  }
}

const shrunk = (picture: Buffer | string): Promise<Buffer> => sharp(picture, { limitInputPixels: MOST_PIXELS, failOn: 'none' })
  .rotate().resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true }).flatten().jpeg({ quality: 70 }).toBuffer()

type Drawing = Required<Pick<DeviceHost, 'draw' | 'spoolFolder' | 'hasRoomFor'>>

/** Names on a medium may be any bytes, and a stick may be pulled: the reader gets a copy of its own. */
async function drawn(bytes: Buffer, { draw, spoolFolder, hasRoomFor }: Drawing): Promise<Buffer | undefined> {
  if (!(await hasRoomFor(bytes.length))) return undefined
  const copy = join(spoolFolder, `preview-${randomUUID()}`)
  try {
    await writeFile(copy, bytes, { flag: 'wx', mode: 0o640 })
    return (await draw(copy, `${copy}.png`)) ? await shrunk(`${copy}.png`) : undefined
  } finally {
    await rm(copy, { force: true })
    await rm(`${copy}.png`, { force: true })
  }
}
