import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Upload, type DetailedError, type HttpResponse } from 'tus-js-client'
import { z } from 'zod'
import { problem, type Problem } from '../../../domain/problem.js'
import { removeDurable, writeFileDurable } from '../../../platform/durable-fs.js'
import { serviceProblem, type Endpoint } from '../http/endpoint.js'
import type { HttpTimes } from '../http/http-request.js'
import type { Answer, Cargo } from '../transport.js'
import { askReceipts } from './ask-receipts.js'
import { answerOfReceipt, parseJson, receiptShape } from './receipt.js'
import { TusLine } from './tus-line.js'

/** Small ones go with the request that creates them, which spares a round trip; of larger ones the address is written down first. */
const TOGETHER_BYTES = 48_000

export type UploadParts = { readonly endpoint: Endpoint; /** Where it is kept what is on its way, with the address of its upload. */ readonly folder: string; readonly times: HttpTimes & { readonly signal: AbortSignal } }
export type Uploaded = { readonly answer: Answer; readonly problem?: Problem }

/** `offset`: what the relay had when the line broke last. `left`: what went under the same UID before and had no answer. */
const memoryShape = z.object({ url: z.string().optional(), sha256: z.string(), offset: z.int().optional(), left: z.array(z.string()).optional() })
const MOST_LEFT = 16

/** One object by the tus protocol: goes on where the link broke, whatever was restarted meanwhile. */
export async function uploadObject(object: Cargo, { endpoint, folder, times }: UploadParts): Promise<Uploaded> {
  const file = Buffer.from(object.file.buffer, object.file.byteOffset, object.file.byteLength)
  const sha256 = createHash('sha256').update(file).digest('hex')
  const memory = join(folder, `${object.sopInstanceUid}.json`)
  const known = parseJson(memoryShape, await readFile(memory, 'utf8').catch(() => ''))
  const left = [...(known?.left ?? []), known?.sha256].filter((one) => one !== undefined && one !== sha256).slice(-MOST_LEFT) as string[]
  if (known?.sha256 !== sha256) await keep(folder, memory, { sha256, left }).catch(() => undefined)
  const line = new TusLine(endpoint, times)
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = object
  const outcome = await transfer(file, line, {
    endpoint: endpoint.url('objects').href, ...(known?.sha256 === sha256 && known.url !== undefined ? { uploadUrl: known.url } : {}),
    metadata: { sopClassUid, sopInstanceUid, transferSyntaxUid, sha256 },
    remember: (url) => (file.length > TOGETHER_BYTES ? keep(folder, memory, { url, sha256, left }) : Promise.resolve())
  })
  const read = await asItLeft(readOutcome(outcome, line, endpoint), left, { endpoint, object, times })
  if (read.final) await removeDurable(memory).catch(() => undefined)
  return read.answer.kind === 'cut' && (await advanced(memory, line.offset)) ? { ...read, answer: { kind: 'untouched' } } : read
}

/**
 * What went before had no answer, and the relay has it: since then an age or an eye was told, or the appliance was updated, which an object says under the same UID; or
 * it went before a backup was restored, and its UID says that it is the same. What else has a UID there and never left here is another object, whatever state it is in.
 */
async function asItLeft(read: Read, left: readonly string[], { endpoint, object: { sopInstanceUid, uidSaysContent }, times: { signal } }: Pick<UploadParts, 'endpoint' | 'times'> & { readonly object: Cargo }): Promise<Read> {
  if ((left.length === 0 && !uidSaysContent) || read.answer.kind !== 'refused' || read.answer.problem.code !== 'other-content') return read
  const asked = await askReceipts(endpoint, [sopInstanceUid], signal)
  if (!asked.ok) return { answer: { kind: 'untouched' }, problem: asked.error, final: false }
  const receipt = asked.value.find((one) => one.sopInstanceUid === sopInstanceUid && (uidSaysContent || left.includes(one.sha256)))
  return receipt ? { answer: answerOfReceipt(receipt), final: true } : read
}

/** Whether the relay has more of the object than when the line broke before: then it goes on at once when the link is back, and waits for nothing. */
async function advanced(path: string, offset: number): Promise<boolean> {
  const memory = parseJson(memoryShape, await readFile(path, 'utf8').catch(() => ''))
  if (memory?.url === undefined || (memory.offset !== undefined && offset <= memory.offset)) return false
  await writeFileDurable(path, JSON.stringify({ ...memory, offset }))
  return true
}

async function keep(folder: string, path: string, memory: z.infer<typeof memoryShape>): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFileDurable(path, JSON.stringify(memory))
}

type Transfer = { readonly endpoint: string; readonly uploadUrl?: string; readonly metadata: Record<string, string>; remember(url: string): Promise<void> }
type Outcome = { readonly response?: HttpResponse; readonly failed: boolean }

function transfer(file: Buffer, httpStack: TusLine, { endpoint, uploadUrl, metadata, remember }: Transfer): Promise<Outcome> {
  return new Promise((resolve) => {
    let remembered: Promise<void> = Promise.resolve()
    const settle = (outcome: Outcome): void => { void remembered.then(() => resolve(outcome)) }
    const upload = new Upload(file, {
      endpoint, uploadUrl, metadata, httpStack, retryDelays: null, storeFingerprintForResuming: false, uploadDataDuringCreation: file.length <= TOGETHER_BYTES,
      onUploadUrlAvailable: () => { if (upload.url !== null && upload.url !== uploadUrl) remembered = remember(upload.url).catch(() => undefined) },
      onSuccess: ({ lastResponse }) => settle({ response: lastResponse, failed: false }),
      onError: (error) => settle({ ...responseOf(error), failed: true })
    })
    upload.start()
  })
}

const responseOf = (error: Error | DetailedError): { readonly response?: HttpResponse } =>
  ('originalResponse' in error && error.originalResponse ? { response: error.originalResponse } : {})

/** `final`: the address of the upload is of no more use. */
type Read = Uploaded & { readonly final: boolean }

function readOutcome({ response, failed }: Outcome, line: TusLine, endpoint: Endpoint): Read {
  if (!response) {
    const sent = line.failure?.sent ?? 'none'
    const why = line.failure?.problem ?? problem('link-broke', `${endpoint.address} gave no answer; it is tried again.`)
    return { answer: { kind: ({ none: 'untouched', part: 'cut', all: 'unanswered' } as const)[sent] }, problem: why, final: false }
  }
  const status = response.getStatus()
  const receipt = parseJson(receiptShape, response.getBody())
  if (receipt) return { answer: answerOfReceipt(receipt), final: true }
  const down = serviceProblem(status, endpoint.address)
  if (down) return { answer: { kind: 'untouched' }, problem: down, final: false }
  if (!failed) return { answer: { kind: 'unanswered' }, problem: problem('wrong-address', `${endpoint.address} took the object and gave no receipt. Check that the url is a relay's.`), final: true }
  const said = parseJson(refusalShape, response.getBody())?.error
  if (status === 400 || status === 413 || status === 422) return { answer: { kind: 'refused', status, problem: said ?? problem('refused', `The relay refused the object with HTTP ${status}. Look into its log for the reason, then send again.`) }, final: true }
  return { answer: { kind: 'try-again', status, problem: said ?? problem('destination-busy', `The relay answered HTTP ${status}; it is tried again by itself.`) }, final: status === 460 }
}

const refusalShape = z.object({ error: z.object({ code: z.string().max(64), message: z.string().max(1000) }) })
