import { stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { modelTooLarge } from '../inference/model-size.js'
import type { PackState, ReaderStatus } from '../pipeline/reader/reader.js'
import { unknownChoices } from '../triage/operating-point.js'

type Line = { readonly check: string; readonly ok: boolean; readonly detail: string }

/** One line a version: what it reads, older than what serves, or out of service and why. */
export const packLines = ({ packs, provider }: Pick<ReaderStatus, 'packs' | 'provider'>): Line[] =>
  packs.map((pack) => ({ check: `pack ${pack.id} ${pack.version}`, ok: pack.problem === undefined, detail: pack.problem?.message ?? (pack.inService ? serving(pack, provider) : older(pack, packs)) }))

function serving({ behind, modality }: PackState, provider: string): string {
  if (behind !== undefined) return `in order on ${provider}, golden vectors agree, but ${behind} reads ${modality}: the first by id does. Remove the folder of the one that is not to read`
  return `in service on ${provider}, golden vectors agree${modality === 'any' ? '' : `; reads ${modality}`}`
}

const older = ({ id }: PackState, packs: readonly PackState[]): string =>
  `older than ${packs.find((each) => each.inService && each.id === id)?.version ?? 'the one in service'}, which serves`

/** What is wrong with the operating points that the site file names. */
export const pointLines = (choices: Readonly<Record<string, string>>, packs: readonly Pick<PackState, 'id' | 'points'>[]): Line[] =>
  unknownChoices(choices, packs).map(({ path, message }) => ({ check: path ?? 'operatingPoints', ok: false, detail: message }))

/** A line for each model that is large; it serves all the same. */
export async function sizeLines(folders: string, packs: readonly Pick<PackState, 'id' | 'version'>[]): Promise<Line[]> {
  const lines = await Promise.all(packs.map(async ({ id, version }) => {
    const sizes = await Promise.all(folders.split(delimiter).map((folder) => stat(join(folder, id, version, 'model.onnx')).then(({ size }) => size, () => 0)))
    const large = modelTooLarge(Math.max(...sizes))
    return large === undefined ? [] : [{ check: `model of ${id} ${version}`, ok: true, detail: large }]
  }))
  return lines.flat()
}
