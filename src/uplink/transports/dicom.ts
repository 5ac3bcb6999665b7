import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { requestCommitment } from '../../dicom/commitment.js'
import { echo } from '../../dicom/dimse-client.js'
import type { Peer, StoreOutcome } from '../../dicom/store-scu.js'
import { storeObjects } from '../../dicom/store-scu.js'
import { uidFrom } from '../../dicom/uids.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { answerOf } from './dimse-answers.js'
import { offer } from './dimse-offer.js'
import type { DestinationDefaults, SendTerms, Transport, TransportHost, TransportKind } from './transport.js'

export type DicomOptions = { readonly host: string; readonly port: number; readonly aeTitle: string; /** As whom we call. */ readonly callingAeTitle: string }

const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 printable ASCII characters without backslash')
const options = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65535), aeTitle, callingAeTitle: aeTitle.optional() })

function parseOptions(raw: Readonly<Record<string, unknown>>, { callingAeTitle }: DestinationDefaults): Result<DicomOptions, Problem[]> {
  const parsed = options.safeParse(raw)
  if (parsed.success) return ok({ ...parsed.data, callingAeTitle: parsed.data.callingAeTitle ?? callingAeTitle })
  return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
}

const TIMES = { connectMs: 15_000, answerMs: 60_000 }
const ECHO_TIMEOUT_MS = 8_000
const COMMITMENT_TIMES = { timeoutMs: 30_000, lingerMs: 500 }

const peerOf = ({ host, port, aeTitle: calledAe, callingAeTitle: callingAe }: DicomOptions): Peer => ({ host, port, calledAe, callingAe })

const newTransactionUid = (): string => uidFrom(createHash('sha256').update(randomUUID()).digest())

function open(given: DicomOptions, host: TransportHost): Transport {
  const peer = peerOf(given)
  return {
    address: `${given.aeTitle}@${given.host}:${given.port}`,
    async send(cargo, { leastBytesPerSecond, signal, pace, answered }: SendTerms) {
      const report = (index: number, outcome: StoreOutcome): void => answered?.(index, answerOf(outcome))
      const { outcomes, problem: why } = await storeObjects(peer, cargo, { ...TIMES, leastBytesPerSecond, signal, pace, answered: report })
      return { answers: outcomes.map(answerOf), ...(why ? { problem: why } : {}) }
    },
    async confirm(references, signal) {
      const asked = await requestCommitment({
        peer, references, signal, transactionUid: newTransactionUid(), ...COMMITMENT_TIMES,
        onReport: ({ committed, failed }) => host.confirmed({ committed, missing: failed, proof: 'commitment' })
      })
      if (asked.ok) return ok({ committed: [], missing: [], proof: 'commitment' })
      const unsupported = asked.error.code === 'commitment-unsupported' || asked.error.code === 'commitment-refused'
      return err(unsupported ? problem('confirmation-unsupported', asked.error.message) : asked.error)
    },
    dryRun: (classes, signal) => offer(peer, classes, signal),
    probe: (signal) => echo({ ...peer, timeoutMs: ECHO_TIMEOUT_MS, signal })
  }
}

/** A PACS by C-STORE (PS3.4 annex B), with storage commitment (annex J). */
export const dicomTransport: TransportKind<DicomOptions> = { kind: 'dicom', archives: true, carries: 'dicom', parseOptions, open }
