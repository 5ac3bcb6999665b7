import { NotFoundError } from '../../domain/errors.js'
import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { EyesVerdict, EyeState } from '../../programmes/eyes.js'
import type { WebDependencies } from '../dependencies.js'
import { viewFor } from '../blind.js'
import { readEyes } from '../patient-eyes.js'
import type { RouteRequest } from '../route.js'
import { accepted, parseInput } from './input.js'
import { excuseInput, mergeInput, patientChange } from './schemas.js'

/** @throws NotFoundError */
export function patientIdOf(request: RouteRequest): string {
  const id = request.params['id'] ?? ''
  if (!PATIENT_ID_PATTERN.test(id)) throw new NotFoundError('There is no such patient. Search again, or register the person.')
  return id
}

const byOf = (request: RouteRequest): string => request.caller?.id ?? 'unknown'
const seen = (revision: number | undefined): { expectedRevision?: number } => (revision === undefined ? {} : { expectedRevision: revision })

/** All facts of the person replaced by those given. */
export async function changePatient(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { revision, ...input } = parseInput(patientChange, request)
  request.ctx.body = accepted(await deps.commands.updatePatient(patientIdOf(request), input, { by: byOf(request), ...seen(revision) }))
}

const eyeJson = ({ status, tries, by, excuse }: EyeState) => ({ status, tries, study: by?.id ?? null, excuse: excuse ?? null })

const eyesJson = (verdict: EyesVerdict) => ({
  verdict: verdict.verdict, level: verdict.level, text: verdict.text, code: verdict.code, worst: verdict.worst?.id ?? null,
  R: eyeJson(verdict.eyes.R), L: eyeJson(verdict.eyes.L), unsided: verdict.unsided
})

/** The verdict of both eyes; null where no eye was photographed. */
export async function eyes(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const patient = deps.patients.find(patientIdOf(request)) ?? deps.patients.get(patientIdOf(request))
  const verdict = await readEyes(deps.store, { patient, view: viewFor(request.caller) })
  request.ctx.type = 'json'
  request.ctx.body = JSON.stringify(verdict ? eyesJson(verdict) : null)
}

export async function excuseEye(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { side, excuse, revision } = parseInput(excuseInput, request)
  request.ctx.body = await deps.commands.excuseEye(patientIdOf(request), { side, ...(excuse ? { excuse } : {}) }, { by: byOf(request), ...seen(revision) })
}

export async function merge(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const { duplicate, revision } = parseInput(mergeInput, request)
  if (!PATIENT_ID_PATTERN.test(duplicate)) throw new NotFoundError('There is no such patient. Search again.')
  request.ctx.body = accepted(await deps.commands.merge({ keep: patientIdOf(request), duplicate }, { by: byOf(request), ...seen(revision) }))
}

export async function unmerge(deps: WebDependencies, request: RouteRequest): Promise<void> {
  request.ctx.body = accepted(await deps.commands.unmerge(patientIdOf(request), byOf(request)))
}
