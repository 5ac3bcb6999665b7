import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readChecked, renderDocument } from '../../../platform/checked-json.js'
import { makeDirectoryDurable, writeFileDurable } from '../../../platform/durable-fs.js'
import { exportedObjectShape, MOST_OBJECTS, manifestShape, standing, type Manifest, type StickReceipts } from './stick-format.js'

const entryShape = exportedObjectShape.extend({ at: z.string(), receipt: standing.state.optional(), /** Of a refusal, in the centre's words. */ problem: standing.problem })
const stateShape = manifestShape.extend({ recipient: z.string(), objects: z.array(entryShape).max(MOST_OBJECTS) })
export type ExportState = Readonly<z.infer<typeof stateShape>>
export type ExportEntry = ExportState['objects'][number]

/** What was written onto sticks and what came back of it, on the appliance's own disk: a document an export, read anew each time, since a command may add receipts beside the service. */
export class Exports {
  constructor(private readonly folder: string) {}

  async all(): Promise<readonly ExportState[]> {
    const names = (await readdir(this.folder).catch(() => [] as string[])).filter((name) => name.endsWith('.json')).sort()
    const states = await Promise.all(names.map((name) => readState(join(this.folder, name))))
    return states.filter((state) => state !== undefined)
  }

  /** A new one, with a key of its own for receipts. */
  begin({ recipient, clinic, at }: { readonly recipient: string; readonly clinic: string; readonly at: string }): ExportState {
    return { version: 1, exportId: randomBytes(16).toString('hex'), clinic, createdAt: at, receiptKey: randomBytes(32).toString('hex'), recipient, objects: [] }
  }

  /** Durable on return. */
  async save(state: ExportState): Promise<void> {
    await makeDirectoryDurable(this.folder)
    await writeFileDurable(join(this.folder, `${state.exportId}.json`), renderDocument(state))
  }
}

/** Or its second copy, which the slow check keeps. */
async function readState(path: string): Promise<ExportState | undefined> {
  for (const each of [path, `${path}.previous`]) {
    const parsed = stateShape.safeParse(readChecked(await readFile(each, 'utf8').catch(() => '')))
    if (parsed.success) return parsed.data
  }
  return undefined
}

/** What the stick says of an export: what the appliance knows besides stays at home. */
export const manifestOf = (state: ExportState): Manifest => manifestShape.parse(state)

/** With what receipts say; a promise is never taken back by an older receipt. */
export function withReceipts(state: ExportState, { receipts }: StickReceipts): ExportState {
  const said = new Map(receipts.map((receipt) => [`${receipt.file} ${receipt.sha256}`, receipt]))
  return {
    ...state,
    objects: state.objects.map((entry) => {
      const receipt = entry.receipt === 'committed' ? undefined : said.get(`${entry.file} ${entry.sha256}`)
      if (!receipt) return entry
      const { problem: _problem, ...rest } = entry
      return { ...rest, receipt: receipt.state, ...(receipt.state === 'refused' && receipt.problem ? { problem: receipt.problem } : {}) }
    })
  }
}
