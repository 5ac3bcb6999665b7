import { PATIENT_ID_PATTERN } from '../../domain/ids.js'
import type { Words } from '../../i18n/words.js'
import type { WebDependencies } from '../dependencies.js'
import type { Route, RouteRequest } from '../route.js'
import type { CaptureLine, CaptureModel } from '../views/capture.js'
import { capturePage } from '../views/capture.js'
import { problemText } from '../views/describe.js'
import { HttpError } from '../http-error.js'
import type { UploadOutcome } from '../uploads.js'
import { receiveUploads, statusOf } from '../uploads.js'
import { pageContext, sendHtml } from './respond.js'

/** Who the pictures are of and which eye, as far as the address says. */
function modelOf(deps: Pick<WebDependencies, 'patients'>, query: URLSearchParams): CaptureModel {
  const id = query.get('patient') ?? ''
  const patient = PATIENT_ID_PATTERN.test(id) ? deps.patients.find(id) : undefined
  const eye = query.get('eye')
  return { ...(patient ? { patient } : {}), ...(eye === 'L' || eye === 'R' ? { eye } : {}) }
}

const LARGEST_BYTES = 1024 ** 3

function lineOf(words: Words, file: UploadOutcome): CaptureLine {
  const { t } = words
  if (file.outcome === 'failed') return { name: file.file, good: false, text: `${t('capture.refused')} ${file.problem ? problemText(words, file.problem) : ''}` }
  if (file.outcome === 'quarantined') return { name: file.file, good: false, text: `${t('capture.quarantined')} ${file.problem ? problemText(words, file.problem) : ''}`, href: '/quarantine' }
  return file.outcome === 'duplicate' ? knownLine(words, file) : { name: file.file, good: true, text: t('capture.done'), href: `/studies/${file.studyId ?? ''}` }
}

/** Here already: whose it is may be a surprise. */
function knownLine({ t }: Words, { file, studyId = '', whose, patient }: UploadOutcome): CaptureLine {
  const text = whose ? `${t('capture.duplicate')} ${t(`capture.whose-${whose}`)}` : t('capture.duplicate')
  return { name: file, good: whose !== 'other', text, href: `/studies/${studyId}${whose === 'other' ? '#wrong-patient' : ''}`, ...(patient ? { whose: [patient.name, patient.identifier].filter(Boolean).join(' · ') } : {}) }
}

/** The form as it works without JavaScript: every file is durable before the answer says so. */
async function takeForm(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const page = pageContext(deps, request)
  try {
    const outcomes = await receiveUploads(deps, request, { maxUploadBytes: deps.limits?.maxUploadBytes ?? LARGEST_BYTES })
    return sendHtml(request, capturePage(page, { done: outcomes.map((file) => lineOf(page.words, file)) }), statusOf(outcomes) === 507 ? 507 : 200)
  } catch (error) {
    if (!(error instanceof HttpError) || error.problem.code !== 'no-file') throw error
    const again = pageContext(deps, request, { kind: 'bad', text: page.words.t('capture.nothing') })
    return sendHtml(request, capturePage(again, {}), 422)
  }
}

/** Taking and choosing pictures. */
export function captureRoutes(deps: WebDependencies): Route[] {
  const show = async (request: RouteRequest): Promise<void> =>
    sendHtml(request, capturePage(pageContext(deps, request), modelOf(deps, request.query)))
  return [
    { method: 'GET', path: '/capture', access: 'capture', handle: show },
    { method: 'POST', path: '/capture', access: 'capture', handle: (request) => takeForm(deps, request) }
  ]
}
