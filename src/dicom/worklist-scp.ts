import dimse from 'dcmjs-dimse'
import type { WorklistItem, WorklistQuery } from '../domain/worklist.js'
import { performedStepOf, type ReportedStep } from './performed-step.js'
import { STATUS } from './status.js'
import { MODALITY_WORKLIST, worklistAnswer, worklistQueryOf, type NaturalDataSet } from './worklist.js'

type FindRequest = InstanceType<typeof dimse.requests.CFindRequest>
type FindResponse = InstanceType<typeof dimse.responses.CFindResponse>
type CreateRequest = InstanceType<typeof dimse.requests.NCreateRequest>
type CreateResponse = InstanceType<typeof dimse.responses.NCreateResponse>
type SetRequest = InstanceType<typeof dimse.requests.NSetRequest>
type SetResponse = InstanceType<typeof dimse.responses.NSetResponse>
type Report = (step: ReportedStep) => Promise<void>

/** PS3.4 table K.4-1. */
const FIND = { pending: 0xff00, unableToProcess: 0xc001 }
/** A handheld's list holds no more; its user narrows the search. */
const MOST_ITEMS = 500

const naturalOf = (request: FindRequest | CreateRequest | SetRequest): NaturalDataSet => request.getDataset()?.getElements() ?? {}

/** C-FIND of the modality worklist: one pending response a person, then the final one. Never rejects. */
export async function answerFind(request: FindRequest, find: (query: WorklistQuery) => Promise<readonly WorklistItem[]>): Promise<FindResponse[]> {
  const respond = (status: number, answer?: NaturalDataSet): FindResponse => {
    const response = dimse.responses.CFindResponse.fromRequest(request)
    response.setAffectedSopClassUid(MODALITY_WORKLIST)
    response.setStatus(status)
    if (answer) response.setDataset(new dimse.Dataset({ ...answer }, request.getDataset()?.getTransferSyntaxUid()))
    return response
  }
  try {
    const identifier = naturalOf(request)
    const items = await find(worklistQueryOf(identifier))
    return [...items.slice(0, MOST_ITEMS).map((item) => respond(FIND.pending, worklistAnswer(item, identifier))), respond(STATUS.success)]
  } catch {
    return [respond(FIND.unableToProcess)]
  }
}

/** N-CREATE of a performed procedure step: accepted once its report was taken. */
export async function answerCreate(request: CreateRequest, callingAeTitle: string, report: Report): Promise<CreateResponse> {
  const response = dimse.responses.NCreateResponse.fromRequest(request)
  response.setStatus(await take(naturalOf(request), { instanceUid: request.getAffectedSopInstanceUid(), callingAeTitle }, report))
  return response
}

/** N-SET of a performed procedure step: what it became. A step begun before our last start is as good. */
export async function answerSet(request: SetRequest, callingAeTitle: string, report: Report): Promise<SetResponse> {
  const response = dimse.responses.NSetResponse.fromRequest(request)
  response.setStatus(await take(naturalOf(request), { instanceUid: request.getRequestedSopInstanceUid(), callingAeTitle }, report))
  return response
}

async function take(set: NaturalDataSet, from: { instanceUid: string; callingAeTitle: string }, report: Report): Promise<number> {
  try {
    const step = performedStepOf(set, from)
    if (step) await report(step)
    return STATUS.success
  } catch {
    return STATUS.processingFailure
  }
}
