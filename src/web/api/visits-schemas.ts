import { z } from 'zod'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import { TAKES } from '../../domain/visit.js'

const isoTime = z.iso.datetime()
const take = z.enum(TAKES.map(({ code }) => code) as [string, ...string[]])

export const visit = z.object({
  id: z.string(), revision: z.int(), patientId: z.string(), openedBy: z.string(), openedAt: isoTime, closedAt: isoTime.nullable(), closedBy: z.string().nullable(), programme: z.string().nullable(),
  stations: z.array(z.object({ station: z.string(), take: z.string().nullable(), by: z.string(), since: isoTime, inForce: z.boolean() })),
  steps: z.array(z.object({ station: z.string(), status: z.enum(['in-progress', 'completed', 'discontinued']), startedAt: isoTime, changedAt: isoTime }))
})
export const visitList = z.object({ visits: z.array(visit) })
export const stationList = z.object({ stations: z.array(z.object({ id: z.string(), name: z.string(), kind: z.string(), state: z.string(), heldBy: z.string().nullable() })) })

export const visitInput = z.object({ patientId: z.string().regex(PATIENT_ID_PATTERN), programme: z.string().max(60).optional() })
export const holdInput = z.object({ station: z.string().min(1).max(200), take: take.optional(), takeOver: z.boolean().optional() })
export const releaseInput = z.object({ station: z.string().min(1).max(200) })
