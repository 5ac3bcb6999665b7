import type { PackState, ReaderStatus } from '../pipeline/reader/reader.js'

/** One line a version: in service, standing by behind a newer one, or out of service and why. */
export const packLines = ({ packs, provider }: Pick<ReaderStatus, 'packs' | 'provider'>): { check: string; ok: boolean; detail: string }[] =>
  packs.map((pack) => ({ check: `pack ${pack.id} ${pack.version}`, ok: pack.problem === undefined, detail: pack.problem?.message ?? (pack.inService ? `in service on ${provider}, golden vectors agree` : standsBy(pack, packs)) }))

const standsBy = ({ id }: PackState, packs: readonly PackState[]): string =>
  `older than ${packs.find((each) => each.inService && each.id === id)?.version ?? 'the one in service'}, stands by`
