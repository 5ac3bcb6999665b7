import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'
import type { StoredScan } from './session-types.js'

const count = z.number().int().min(0).max(0xffff_ffff)
const header = z.object({
  scanId: z.string().regex(/^[0-9a-f]{16}$/), width: count, bits: count, zeroIsWhite: z.boolean(), height: count, samplePitchNm: count, linePitchNm: count
})
const journal = z.object({ formatVersion: z.literal(1), header, held: z.array(z.object({ first: count, count: z.number().int().min(1).max(65_535) })) })

/** Only lines that are fsynced may be named: after a power cut the journal is believed. */
export const writeJournal = (path: string, { header: described, held }: StoredScan): Promise<void> =>
  writeFileDurable(path, `${JSON.stringify({ formatVersion: 1, header: described, held })}\n`)

/** Undefined when there is none, or one that can't be read: the scan is then fetched from its first line. */
export async function readJournal(path: string): Promise<StoredScan | undefined> {
  try {
    const parsed = journal.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? { header: parsed.data.header, held: parsed.data.held } : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
