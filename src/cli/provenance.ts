import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Provenance } from '../evaluate/evaluation.js'
import type { Reader } from '../pipeline/reader/reader.js'
import type { LabelledSet } from './labelled-table.js'

/** What an evaluation was made of. The table goes by its name: folders may be called after people. */
export async function provenanceOf({ csv, where, truth, patientColumn }: LabelledSet, reader: Reader): Promise<Provenance> {
  const { packs } = await reader.ready
  const gate = packs.find(({ inService, task }) => inService && task === 'image-type')
  const sha256 = createHash('sha256').update(await readFile(resolve(csv))).digest('hex')
  return {
    table: basename(csv), tableSha256: sha256, where, truth, patientColumn, at: new Date().toISOString(),
    gate: gate?.sha256 === undefined ? null : { id: gate.id, version: gate.version, sha256: gate.sha256 }
  }
}
