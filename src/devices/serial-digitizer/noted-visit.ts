import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Arrival } from '../../domain/arrival.js'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'
import type { DeviceHost } from '../device-kind.js'

/** A scan may take minutes, or days with an unplug in between: it is of the visit that held the digitizer when it began. */
export type NotedVisit = Pick<Arrival, 'visitId' | 'take'>

const schema = z.object({ visitId: z.string().nullable(), take: z.string().optional() })
const pathIn = (folder: string): string => join(folder, 'visit.json')

/** Written once a scan, beside its lines; a scan that is fetched anew keeps what was noted first. One that is not of now is nobody's. */
export async function noteVisit(folder: string, host: Pick<DeviceHost, 'visit'>, isOfNow = true): Promise<void> {
  if (!host.visit || (await access(pathIn(folder)).then(() => true, () => false))) return
  const held = isOfNow ? host.visit() : undefined
  await writeFileDurable(pathIn(folder), `${JSON.stringify({ visitId: held?.visitId ?? null, take: held?.take?.code } satisfies NotedVisit)}\n`)
}

/** What was noted; nobody's visit where the note is lost. */
export async function notedVisit(folder: string, host: Pick<DeviceHost, 'visit'>): Promise<NotedVisit> {
  if (!host.visit) return {}
  try {
    const { visitId, take } = schema.parse(JSON.parse(await readFile(pathIn(folder), 'utf8')))
    return { visitId, ...(take === undefined ? {} : { take }) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || isErrno(error, 'ENOENT')) return { visitId: null }
    throw error
  }
}
