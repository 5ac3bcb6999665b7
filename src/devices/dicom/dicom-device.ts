import { z } from 'zod'
import { startDimseServer } from '../../dicom/dimse-server.js'
import { STATUS } from '../../dicom/status.js'
import type { ReceivedObject } from '../../dicom/store-scp.js'
import type { Arrival, Receipt } from '../../domain/arrival.js'
import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import type { HoldingVisit } from '../../domain/visit.js'
import type { DeviceHost, DeviceKind, DeviceLink } from '../device-kind.js'
import { linkEnd } from '../link-end.js'
import { parseDeviceOptions } from '../parse-device-options.js'
import { probeDicom, TEST_TITLE } from './probe.js'
import { refusalProblem, titleTwice } from './refusal-problem.js'
import { Senders } from './senders.js'
import { readIdentity } from './tls-identity.js'

/** PS3.5 AE: at most 16 characters, no backslash, not only blanks. */
const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 printable ASCII characters without backslash')

const schema = z.strictObject({
  host: z.string().min(1).default('0.0.0.0'),
  /** 0 takes a free one. */
  port: z.int().min(0).max(65535).default(11112),
  aeTitle: aeTitle.default('SCREENPOST'),
  maxAssociations: z.int().min(1).max(200).default(50),
  /** Calling AE titles that may send; any when left out. */
  allowedAeTitles: z.array(aeTitle.transform((title) => title.trim())).min(1).optional(),
  /** Calling AE titles of machines whose clock can't be set: the time inside their images is not compared with the visit's. */
  clockNotSet: z.array(aeTitle.transform((title) => title.trim())).default([]),
  /** Silence of both sides that ends an association, seconds. A slow sender is not silent. */
  idleTimeoutSeconds: z.int().min(5).max(86_400).default(600),
  /** A connection that does not say who it is by then is dropped, seconds. */
  associationTimeoutSeconds: z.int().min(1).max(3600).default(60),
  /** A second port with DICOM TLS (BCP 195); paths of PEM files. With `caPath` senders need a certificate signed by it. */
  tls: z.strictObject({
    port: z.int().min(0).max(65535).default(2762), certPath: z.string().min(1), keyPath: z.string().min(1), caPath: z.string().min(1).optional()
  }).optional()
})

export type DicomDeviceOptions = z.output<typeof schema>

/** Receives by C-STORE and answers C-ECHO; Success is sent only for what is durable. */
export const dicomDevice: DeviceKind<DicomDeviceOptions> = {
  kind: 'dicom',
  parseOptions: (raw) => parseDeviceOptions(schema, raw),
  async open(options, host): Promise<DeviceLink> {
    const tls = options.tls && { port: options.tls.port, ...(await readIdentity(options.tls)) }
    const senders = new Senders(options.allowedAeTitles)
    const server = await startDimseServer({
      host: options.host, port: options.port, aeTitle: options.aeTitle, maxAssociations: options.maxAssociations,
      allowedAeTitles: options.allowedAeTitles, tls, spoolFolder: host.spoolFolder, log: host.log,
      idleTimeoutMs: options.idleTimeoutSeconds * 1000, associationTimeoutMs: options.associationTimeoutSeconds * 1000,
      refused: (refusal) => host.report(refusalProblem(refusal)), hasRoomFor: (bytes) => host.hasRoomFor(bytes),
      admitted: (calling) => { if (calling !== TEST_TITLE && senders.met(calling)) host.emit?.({ type: 'session' }) },
      ...(host.worklist ? { findWorklist: (query) => host.worklist!(query) } : {}),
      reportStep: async (step) => host.reportProgress?.({ ...step, deviceId: host.deviceId, at: host.clock.now().toISOString() }),
      began: (calling) => host.visit?.(calling) ?? null,
      store: (object) => receive(object, senders, { host, isClockSet: !options.clockNotSet.includes(object.callingAeTitle) }), committed: (report) => host.committed?.(report)
    })
    const { closed, end } = linkEnd()
    return {
      closed,
      detail: `AE title ${options.aeTitle}, port ${server.port}${server.tlsPort === undefined ? '' : `, TLS port ${server.tlsPort}`}`,
      endpoint: `${options.aeTitle}@${options.host}:${server.port}`,
      get stations() { return senders.titles },
      check: () => probeDicom(options, server.port),
      async [Symbol.asyncDispose]() {
        await server.close()
        end({})
      }
    }
  },
  probe: (options) => probeDicom(options)
}

/**
 * A clip may come for minutes: it is of the visit that held the sender when it began. Under a title that two devices share, no visit is
 * believed: only what the image says of itself.
 */
async function receive({ path, callingAeTitle, address, began, hashed }: ReceivedObject, senders: Senders, { host, isClockSet }: { readonly host: DeviceHost; readonly isClockSet: boolean }): Promise<number> {
  const addresses = senders.sent(callingAeTitle, address, host.clock.monotonicMs())
  const shared = addresses.length > 1
  const held = shared ? undefined : (began as HoldingVisit | null)
  const result = await host.deliver({
    spoolPath: path, ...(hashed ? { hashed } : {}), source: { kind: 'dicom', deviceId: host.deviceId, callingAeTitle }, receivedAt: host.clock.now().toISOString(), ...(host.visit || shared ? visitOf(held) : {}), ...(isClockSet ? {} : { takenAt: null })
  })
  if (shared) host.report(titleTwice(callingAeTitle, addresses))
  return statusOf(result)
}

const visitOf = (held: HoldingVisit | null | undefined): Pick<Arrival, 'visitId' | 'take'> =>
  ({ visitId: held?.visitId ?? null, ...(held?.take ? { take: held.take.code } : {}) })

/** Quarantined bytes are kept, yet the sender must know that they are no image (0xC000: cannot understand). */
export function statusOf(result: Result<Receipt, Problem>): number {
  if (!result.ok) return result.error.code === 'store-full' ? STATUS.outOfResources : STATUS.processingFailure
  return result.value.outcome === 'quarantined' ? STATUS.cannotUnderstand : STATUS.success
}
