import type { OutcomeInput } from '../domain/study-additions.js'
import type { Study } from '../domain/study.js'
import { programmeFor } from '../programmes/programmes.js'

/** A kind and a value that the programme of this image knows. */
export function isOutcomeOf(study: Study, { kind, value }: Pick<OutcomeInput, 'kind' | 'value'>): boolean {
  const known = programmeFor(study.modality ?? study.reading?.modality)?.outcomes.find(({ name }) => name === kind)
  return known?.options.includes(value) ?? false
}
