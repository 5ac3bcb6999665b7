import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arrival } from '../../domain/arrival.js'
import { isErrno, removeDurable, writeFileDurable } from '../../platform/durable-fs.js'
import type { DeviceHost } from '../device-kind.js'

/** The visit that a picture was taken in, as far as that is known. */
export type Begin = Pick<Arrival, 'visitId' | 'take'> & {
  /** Nobody saw it come: it may lie there from before the visit, on a card that was changed say. */
  readonly isUnseen?: boolean
}

export function beginNow({ visit }: Pick<DeviceHost, 'visit'>): Begin {
  const held = visit?.()
  return held ? { visitId: held.visitId, ...(held.take ? { take: held.take.code } : {}) } : { visitId: null }
}

export const LEFT = 'left'
const pathIn = (place: string): string => join(place, LEFT)

/** The camera goes: whose visit it was in then. */
export const noteLeaving = (place: string, host: Pick<DeviceHost, 'visit'>): Promise<void> => writeFileDurable(pathIn(place), `${host.visit?.()?.visitId ?? ''}\n`)

/**
 * Of pictures that were taken while the cable was out: the visit that had the camera when it went, if it still has it; else nobody's. What was being taken is not known.
 * The note counts once: after a crash nothing is known.
 */
export async function beginOfAbsence(place: string, { visit }: Pick<DeviceHost, 'visit'>): Promise<Begin> {
  const left = await readFile(pathIn(place), 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  })
  await removeDurable(pathIn(place))
  const now = visit?.()?.visitId
  return { visitId: now !== undefined && left.trim() === now ? now : null, isUnseen: true }
}
