import type { PatientId } from './ids.js'
import { sayOfWhom } from './overread.js'
import type { SaidOf, Study } from './study.js'

/**
 * Notes and results go with the person that they were written of, and not with the image: given to somebody else it keeps them aside under that person,
 * and has them again once it comes back, also where that person's record was merged meanwhile (`recordOf`). What was written while it was nobody's is said of whom it is given to.
 */
export function keepWhatWasSaid(given: Study, to: PatientId | undefined, recordOf: (id: PatientId) => PatientId = (id) => id): Study {
  const study = sayOfWhom(given, to, recordOf)
  const { notes = [], outcomes = [], saidOfOthers = [], ...rest } = study
  const from = study.patientId
  if (from === to || notes.length + outcomes.length + saidOfOthers.length === 0) return study
  const back = saidOfOthers.filter(({ patientId }) => recordOf(patientId) === to)
  const aside = saidOfOthers.filter(({ patientId }) => recordOf(patientId) !== to)
  if (from === undefined) return { ...rest, ...said([...back, { notes, outcomes }]), ...others(aside) }
  return { ...rest, ...said(back), ...others([...aside, { patientId: from, ...said([{ notes, outcomes }]) }]) }
}

/** The same under another record of the same person: what was said of either is said of both. */
export function joinWhatWasSaid({ patientId: _from, ...study }: Study, to: PatientId): Study {
  return keepWhatWasSaid(study, to)
}

function said(parts: readonly Pick<Study, 'notes' | 'outcomes'>[]): Pick<Study, 'notes' | 'outcomes'> {
  const [notes, outcomes] = [parts.flatMap((part) => part.notes ?? []), parts.flatMap((part) => part.outcomes ?? [])]
  return { ...(notes.length > 0 ? { notes } : {}), ...(outcomes.length > 0 ? { outcomes } : {}) }
}

const others = (saidOfOthers: readonly SaidOf[]): Pick<Study, 'saidOfOthers'> => {
  const kept = saidOfOthers.filter(({ notes, outcomes }) => notes ?? outcomes)
  return kept.length > 0 ? { saidOfOthers: kept } : {}
}
