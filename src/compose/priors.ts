import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import type { Patient } from '../domain/patient.js'
import type { Prior } from '../domain/prior.js'
import type { Clock } from '../platform/clock.js'
import { temporaryBeside, writeNewFile } from '../platform/durable-fs.js'
import type { PriorHouse } from '../uplink/inbound/priors.js'
import type { Keeping } from './keeping.js'

type Parts = Pick<Keeping, 'store' | 'patients' | 'visits' | 'reader' | 'priors'>

const AWAY: readonly string[] = ['reader-unavailable', 'reader-stopped']
const DAY_MS = 86_400_000
const RECENT_DAYS = 2
const MOST_RECENT = 100
/** Of whom nothing was fetched for so long: they come again when the person does. */
const FORGET_DAYS = 30

/** Whose earlier images are wanted, and where they are kept: the picture alone, made in the reader's process. */
export function priorHouse(parts: Parts, clock: Clock): PriorHouse {
  const { priors } = parts
  const before = (days: number): string => new Date(clock.now().getTime() - days * DAY_MS).toISOString()
  // One at a time: what is forgotten is nothing that is just being kept.
  let turn = priors.forget(before(FORGET_DAYS)).catch(() => undefined)
  return {
    people: () => peopleHere(parts, before(RECENT_DAYS)),
    hasRoom: () => priors.hasRoom,
    known: (patient) => priors.of(patient),
    keep(file, prior) {
      const done = turn.then(async () => {
        await priors.forget(before(FORGET_DAYS))
        return keep(parts, file, prior)
      })
      turn = done.then(() => undefined, () => undefined)
      return done
    }
  }
}

async function keep({ reader, priors }: Parts, file: Buffer, prior: Prior): Promise<boolean> {
  await priors.room(prior.patientId)
  const target = priors.picture(prior)
  const path = temporaryBeside(join(target, '..', 'object'))
  try {
    await writeNewFile(path, file)
    const made = await reader.render({ path, frame: 0, size: 'tablet', target })
    // The reader is away for now: no word about the image.
    if (!made.ok && AWAY.includes(made.error.code)) throw new Error(made.error.code)
    if (made.ok) await priors.put(prior)
    return made.ok
  } finally {
    await rm(path, { force: true })
  }
}

/** Those with an open visit, then those of whom an image came lately. */
function peopleHere({ visits, patients, store }: Parts, since: string): Patient[] {
  const recent = store.list({ order: 'newest', limit: MOST_RECENT }).studies.filter(({ receivedAt }) => receivedAt >= since)
  const ids = [...visits.openVisits(), ...visits.recentVisits(), ...recent].flatMap(({ patientId }) => patientId ?? [])
  const people = ids.flatMap((id) => patients.find(id) ?? [])
  return [...new Map(people.map((patient) => [patient.id, patient])).values()]
}
