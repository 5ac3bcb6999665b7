import { z } from 'zod'
import { EYE_EXCUSES } from '../../domain/patient.js'

/** Shapes of the JSON API: requests are parsed with them, answers are described (and in the tests checked) by them. */
const isoTime = z.string().describe('ISO 8601, UTC')
export const problemShape = z.object({ code: z.string(), message: z.string(), path: z.string().optional() })
export const errorAnswer = z.object({ error: problemShape })

export const triage = z.object({ level: z.enum(['none', 'routine', 'soon', 'urgent', 'immediate']), text: z.string(), code: z.string().optional().describe('Stable name of the sentence'), source: z.string().optional() })
export const finding = z.object({ code: z.string(), name: z.string(), score: z.number(), threshold: z.number(), positive: z.boolean() })
const state = z.enum(['received', 'needs-input', 'analysing', 'ready', 'failed'])
const modality = z.enum(['fundus', 'cxr', 'ultrasound'])
const laterality = z.enum(['L', 'R'])

const clock = z.object({ bootId: z.string(), uptimeSeconds: z.number() }).optional().describe('Nobody could vouch for the day then')
const saidOn = { onDate: z.string(), clock }

export const patient = z.object({
  id: z.string(), revision: z.int(), registeredAt: isoTime, registeredBy: z.string(), name: z.string(), identifier: z.string().optional(),
  sex: z.enum(['F', 'M', 'O']).optional(), birthDate: z.string().optional(), age: z.object({ years: z.number(), ...saidOn }).optional(),
  village: z.string().optional(), phone: z.string().optional(), pregnancy: z.object({ answer: z.enum(['yes', 'no', 'unknown']), ...saidOn }).optional(),
  eyeExcuses: z.partialRecord(laterality, z.object({ excuse: z.enum(EYE_EXCUSES), at: isoTime, by: z.string(), clock })).optional(),
  merged: z.object({ into: z.string(), at: isoTime, by: z.string(), studies: z.array(z.string()), gave: z.array(z.string()).optional(), pregnancy: z.object({ answer: z.enum(['yes', 'no', 'unknown']), ...saidOn }).optional() }).optional(),
  history: z.array(z.looseObject({ at: isoTime, event: z.string(), by: z.string() })).optional()
})
const patientBrief = patient.pick({ id: true, name: true, identifier: true })

const studyLine = z.object({
  id: z.string(), state, modality: modality.nullable(), laterality: laterality.nullable(), receivedAt: isoTime, revision: z.int(),
  patient: patientBrief.nullable(), triage: triage.nullable(), findings: z.array(finding), gradable: z.boolean().nullable(), reviewed: z.boolean(), deviceId: z.string()
})
export const studyList = z.object({ studies: z.array(studyLine), next: z.string().nullable(), total: z.int() })

const note = z.looseObject({ at: isoTime, by: z.string(), text: z.string() })
const outcome = z.looseObject({ at: isoTime, by: z.string(), kind: z.string(), value: z.string(), onDate: z.string() })

/** Everything: the study document, and beside it what follows from it. */
export const study = z.looseObject({
  formatVersion: z.literal(1), id: z.string(), revision: z.int(), state, receivedAt: isoTime, timeUncertain: z.boolean(), sequence: z.int(),
  object: z.looseObject({ sha256: z.string(), bytes: z.int(), content: z.enum(['dicom', 'jpeg', 'png', 'tiff', 'bmp']) }),
  reading: z.looseObject({ findings: z.array(finding), quality: z.looseObject({ gradable: z.boolean(), score: z.number() }) }).optional(),
  modality: modality.nullable(), findings: z.array(finding), triage: triage.nullable(), patient: patient.nullable(),
  questions: z.array(z.object({ code: z.string(), text: z.string() })),
  reviews: z.array(z.looseObject({ at: isoTime, by: z.string(), action: z.enum(['accept', 'change', 'reject']), reason: z.string() })),
  notes: z.array(note).optional(),
  regions: z.array(z.looseObject({ id: z.string(), frame: z.int(), x: z.number(), y: z.number(), width: z.number(), height: z.number(), text: z.string() })).optional(),
  outcomes: z.array(outcome).optional(),
  saidOfOthers: z.array(z.object({ patientId: z.string(), notes: z.array(note).optional(), outcomes: z.array(outcome).optional() })).optional().describe('Entered while the image was another person\'s'),
  history: z.array(z.looseObject({ at: isoTime, event: z.string(), by: z.string() })),
  links: z.record(z.string(), z.string())
})

export const uploadAnswer = z.object({
  files: z.array(z.object({
    file: z.string(), outcome: z.enum(['stored', 'duplicate', 'quarantined', 'failed']), studyId: z.string().optional(), quarantineId: z.string().optional(), problem: problemShape.optional(),
    whose: z.enum(['attached', 'other', 'known', 'nobody']).optional().describe('Of a duplicate: attached to the patient sent along, another patient\'s, the same patient\'s (or none was sent along), or nobody\'s'), patient: patientBrief.optional()
  }))
})

const revision = z.coerce.number().int().positive().optional().describe('The revision that was seen; another one now answers 409')
export const attachInput = z.object({ patientId: z.string().nullable(), revision })
export const reviewInput = z.object({ action: z.enum(['accept', 'change', 'reject']), triage: triage.pick({ level: true, text: true }).optional(), reason: z.string().max(2000).default(''), revision })
export const answerInput = z.object({ packId: z.string().regex(/^[a-z0-9-]+$/).optional(), ageYears: z.coerce.number().min(0).max(130).optional(), laterality: laterality.optional(), revision })
export const retryInput = z.object({ revision })
const part = z.number().min(0).max(1)
export const noteInput = z.object({ text: z.string().max(500), revision })
export const regionInput = z.object({ frame: z.int().min(0).default(0), x: part, y: part, width: part, height: part, text: z.string().max(200).default(''), revision }).describe('In parts (0 to 1) of the picture from its upper left corner')
export const outcomeInput = z.object({ kind: z.string(), value: z.string(), onDate: z.string().describe('yyyy-mm-dd'), note: z.string().max(500).optional(), revision })
export const patientInput = z.object({
  name: z.string(), identifier: z.string().optional(), sex: z.enum(['F', 'M', 'O', '']).optional(), birthDate: z.string().optional().describe('yyyy-mm-dd'),
  ageYears: z.union([z.number(), z.string()]).optional(), village: z.string().optional(), phone: z.string().optional(), pregnancy: z.enum(['yes', 'no', 'unknown', '']).optional()
})
export const patientChange = patientInput.extend({ revision })
const eye = z.object({ status: z.enum(['referable', 'clear', 'ungradable', 'open', 'missing', 'excused']), tries: z.int(), study: z.string().nullable(), excuse: z.enum(EYE_EXCUSES).nullable() })
export const eyesAnswer = z.object({
  verdict: z.enum(['referable', 'refer-ungradable', 'incomplete', 'waiting', 'not-referable']).nullable(), level: triage.shape.level, text: z.string(), code: z.string(),
  worst: z.string().nullable(), R: eye, L: eye, unsided: z.int()
}).nullable()
export const excuseInput = z.object({ side: laterality, excuse: z.enum(EYE_EXCUSES).nullable(), revision })
export const mergeInput = z.object({ duplicate: z.string().describe('The record that gives its studies'), revision: revision.describe('Of the duplicate') })
export const programmeInput = z.object({ answers: z.record(z.string(), z.union([z.string(), z.number()])).describe('By the names of the fields of the programme'), revision })
export const searchInput = z.object({ text: z.string().max(200).default(''), limit: z.coerce.number().int().min(1).max(100).default(20) })

export const patientList = z.object({ patients: z.array(patient) })
export const patientAnswer = z.object({ patient, mayBeSameAs: z.array(z.object({ id: z.string(), reason: z.string() })) })
export const deviceList = z.object({
  devices: z.array(z.object({
    id: z.string(), kind: z.string(), state: z.enum(['connected', 'waiting', 'failed', 'off']), detail: z.string().optional(), problem: problemShape.optional(),
    since: isoTime.optional(), lastArrivalAt: isoTime.optional(), received: z.int(),
    commands: z.array(z.string()).optional(), hasPreview: z.boolean().optional(), stations: z.array(z.string()).optional()
  }))
})
export const packList = z.object({
  provider: z.enum(['tensorrt', 'cuda', 'cpu', 'none']),
  packs: z.array(z.object({ id: z.string(), version: z.string(), sha256: z.string().optional(), inService: z.boolean(), problem: problemShape.optional(), task: z.string(), modality: z.string() }))
})
export const statusAnswer = z.object({
  version: z.string(), siteName: z.string(), startedAt: isoTime, clockTrusted: z.boolean(), dicom: z.string().nullable(),
  disk: z.object({ freeBytes: z.number(), warnBytes: z.number().describe('Below it somebody is told'), reserveBytes: z.number().describe('Below it new images are refused') }),
  reader: z.object({ provider: z.string(), alive: z.boolean(), restarts: z.int(), packsInService: z.int() }),
  studies: z.object({ total: z.int(), byState: z.record(z.string(), z.int()), byLevel: z.record(z.string(), z.int()) }),
  patients: z.int(), warnings: z.array(problemShape),
  uplink: z.object({
    outstanding: z.int(), needsPerson: z.int(),
    destinations: z.array(z.object({
      id: z.string(), kind: z.string(), address: z.string(), reachable: z.boolean(), outstanding: z.int(), sent: z.int(), accepted: z.int(), committed: z.int(), needsPerson: z.int(),
      lastSuccessAt: isoTime.optional(), problem: problemShape.optional(), waitingFor: z.enum(['hours', 'metered', 'bytes', 'name', 'eye']).optional()
    }))
  })
})
export const quarantineList = z.object({
  quarantine: z.array(z.object({ id: z.string(), at: isoTime, problem: problemShape, bytes: z.int(), sha256: z.string(), originalName: z.string().nullable(), deviceId: z.string() }))
})
