import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { WorklistItem } from '../../domain/worklist.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'
import type { Log } from '../../platform/log.js'
import { parseDocument, renderDocument } from '../../store/durable-document.js'

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const item = z.object({
  patientId: z.string(), patientName: z.string(), sex: z.enum(['F', 'M', 'O']).optional(), birthDate: day.optional(), date: day, time: z.string().optional(),
  description: z.string().optional(), modality: z.string().optional(), accessionNumber: z.string().optional(), studyInstanceUid: z.string().optional()
})
const cached = z.object({ formatVersion: z.literal(1), fetchedAt: z.string(), items: z.array(item) })

/** The centre's worklist as it was last heard; patient data. */
export type CachedWorklist = { readonly formatVersion: 1; readonly fetchedAt: string; readonly items: readonly WorklistItem[] }

const pathIn = (folder: string): string => join(folder, 'centre.json')

/** What was kept; nothing, and a warning, where it is damaged: the centre is asked again anyway. */
export async function readWorklistCache(folder: string, log: Log): Promise<CachedWorklist | undefined> {
  let text: string
  try {
    text = await readFile(pathIn(folder), 'utf8')
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) log.warn('centre-worklist-unreadable', { next: 'It is fetched anew from the centre. If this comes again, check the disk.' })
    return undefined
  }
  const parsed = cached.safeParse(parseDocument(text)?.data)
  if (parsed.success) return parsed.data as CachedWorklist
  log.warn('centre-worklist-damaged', { next: 'It is left out and fetched anew from the centre. Until then people of the centre are registered by hand.' })
  return undefined
}

/** Durable on return. */
export async function writeWorklistCache(folder: string, list: CachedWorklist): Promise<void> {
  await makeDirectoryDurable(folder)
  await writeFileDurable(pathIn(folder), renderDocument(list))
}
