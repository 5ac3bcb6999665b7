import type { PackState, ReaderStatus } from '../pipeline/reader/reader.js'

/** One line a version: what it reads, standing by behind a newer one, or out of service and why. */
export const packLines = ({ packs, provider }: Pick<ReaderStatus, 'packs' | 'provider'>): { check: string; ok: boolean; detail: string }[] =>
  packs.map((pack) => ({ check: `pack ${pack.id} ${pack.version}`, ok: pack.problem === undefined, detail: pack.problem?.message ?? (pack.inService ? serving(pack, provider) : standingBy(pack, packs)) }))

function serving({ behind, modality }: PackState, provider: string): string {
  if (behind !== undefined) return `in order on ${provider}, golden vectors agree, but ${behind} reads ${modality}: the first by id does. Remove the folder of the one that is not to read`
  return `in service on ${provider}, golden vectors agree${modality === 'any' ? '' : `; reads ${modality}`}`
}

const standingBy = ({ id }: PackState, packs: readonly PackState[]): string =>
  `older than ${packs.find((each) => each.inService && each.id === id)?.version ?? 'the one in service'}, stands by`
