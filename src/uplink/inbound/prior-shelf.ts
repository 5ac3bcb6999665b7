import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { PatientId } from '../../domain/ids.js'
import type { Patient } from '../../domain/patient.js'
import { isSame, type Prior } from '../../domain/prior.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'
import { hashFile } from '../../store/check-object.js'
import { parseDocument, renderDocument } from '../../store/durable-document.js'

const text = z.string().min(1)
const kept = z.object({
  formatVersion: z.literal(1), patientId: text, sopInstanceUid: text, studyInstanceUid: text, from: text, fetchedAt: text, takenOn: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  person: z.object({ patientId: z.string().optional(), patientName: z.string().optional(), patientBirthDate: z.string().optional(), patientSex: z.string().optional() }),
  modality: z.enum(['fundus', 'cxr', 'ultrasound']), laterality: z.enum(['L', 'R']).optional(), pictureSha256: z.string().optional()
})

/** Names neither a patient nor an object. */
const nameOf = (uid: string): string => createHash('sha256').update(uid).digest('hex').slice(0, 32)
const byDate = (one: Prior, two: Prior): number => (one.takenOn < two.takenOn ? 1 : -1)
const ID = /^[\w-]+$/

/** Pictures of earlier images that an archive has, a folder a patient. All of it can be fetched again, so it is the first to go when room is short. */
export class PriorShelf {
  /** False while the disk is short of room: nothing is put then. */
  hasRoom = true

  constructor(private readonly folder: string) {}

  /** Those that still are of this person as the record says now, newest first; one whose picture is damaged is left out, and fetched anew. */
  async of(patient: Patient): Promise<Prior[]> {
    const found = (await this.all(patient.id)).filter(({ person }) => isSame(patient, person)).sort(byDate)
    const good = await Promise.all(found.map(async (prior) => prior.pictureSha256 === undefined || (await this.sumOf(prior)) === prior.pictureSha256))
    return found.filter((_, index) => good[index])
  }

  /** Where the picture (PNG) of one lies, or is to be written before `put`. */
  picture({ patientId, sopInstanceUid }: Pick<Prior, 'patientId' | 'sopInstanceUid'>): string {
    return join(this.at(patientId), `${nameOf(sopInstanceUid)}.png`)
  }

  /** The folder of a patient, made. */
  async room(patientId: PatientId): Promise<void> {
    await makeDirectoryDurable(this.at(patientId))
  }

  /** Durable on return; its picture lies there already. */
  async put(prior: Prior): Promise<void> {
    const pictureSha256 = await this.sumOf(prior)
    await writeFileDurable(this.path(prior), renderDocument({ ...prior, ...(pictureSha256 === undefined ? {} : { pictureSha256 }) }))
  }

  /** When room is short everything goes, and nothing comes. */
  async makeRoom(isShort: boolean): Promise<void> {
    this.hasRoom = !isShort
    if (isShort) await rm(this.folder, { recursive: true, force: true })
  }

  /** Leaves nothing of patients of whom nothing was fetched since `before`; never beside a `put`. */
  async forget(before: string): Promise<void> {
    for (const id of await names(this.folder)) {
      const priors = await this.all(id)
      // Of a start before this one; nothing is being written while this runs.
      for (const name of await names(this.at(id))) if (name.endsWith('.tmp')) await rm(join(this.at(id), name), { force: true })
      if (!priors.some(({ fetchedAt }) => fetchedAt >= before)) await rm(this.at(id), { recursive: true, force: true })
    }
  }

  private async all(patientId: PatientId): Promise<Prior[]> {
    if (!ID.test(patientId)) return []
    const files = (await names(this.at(patientId))).filter((name) => name.endsWith('.json'))
    const read = await Promise.all(files.map((name) => readFile(join(this.at(patientId), name), 'utf8').catch(() => '')))
    return read.flatMap((each) => {
      const parsed = kept.safeParse(parseDocument(each)?.data)
      return parsed.success && parsed.data.patientId === patientId ? [parsed.data as Prior] : []
    })
  }

  private sumOf(prior: Prior): Promise<string | undefined> {
    return hashFile(this.picture(prior)).then(({ sha256 }) => sha256, () => undefined)
  }

  private at(patientId: PatientId): string { return join(this.folder, patientId) }
  private path({ patientId, sopInstanceUid }: Prior): string { return join(this.at(patientId), `${nameOf(sopInstanceUid)}.json`) }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return []
    throw error
  }
}
