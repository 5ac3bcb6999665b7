import { join } from 'node:path'
import { z } from 'zod'
import { echo } from '../../dicom/dimse-client.js'
import type { Peer, StoreOutcome } from '../../dicom/store-scu.js'
import { storeObjects } from '../../dicom/store-scu.js'
import { problem, type Problem } from '../../domain/problem.js'
import { err, ok, type Result } from '../../domain/result.js'
import { answerOf } from './dimse-answers.js'
import { offer } from './dimse-offer.js'
import type { ProofMemory } from './dimse-proof.js'
import { proofOf } from './dimse-proof.js'
import { fetchPrior, listPriors } from './dimse-priors.js'
import { reportsOf } from './dimse-reports.js'
import { readTls, tlsOption, type TlsOption } from './tls-files.js'
import { Transactions } from './transactions.js'
import type { DestinationDefaults, SendTerms, Transport, TransportHost, TransportKind } from './transport.js'

export type DicomOptions = { readonly host: string; readonly port: number; readonly aeTitle: string; /** As whom we call. */ readonly callingAeTitle: string; /** Encrypted; by default not. */ readonly tls?: TlsOption | undefined }

const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 printable ASCII characters without backslash')
const options = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65535), aeTitle, callingAeTitle: aeTitle.optional(), tls: tlsOption.optional() })

function parseOptions(raw: Readonly<Record<string, unknown>>, { callingAeTitle }: DestinationDefaults): Result<DicomOptions, Problem[]> {
  const parsed = options.safeParse(raw)
  if (parsed.success) return ok({ ...parsed.data, callingAeTitle: parsed.data.callingAeTitle ?? callingAeTitle })
  return err(parsed.error.issues.map((issue) => problem('bad-site-file', issue.message, issue.path.map(String).join('.'))))
}

const TIMES = { connectMs: 15_000, answerMs: 60_000 }
const ECHO_TIMEOUT_MS = 8_000

/** The certificates are read each time, so that renewed ones need no restart. */
async function peerOf({ host, port, aeTitle: calledAe, callingAeTitle: callingAe, tls }: DicomOptions): Promise<Result<Peer, Problem>> {
  const read = await readTls(tls)
  return read.ok ? ok({ host, port, calledAe, callingAe, ...(read.value ? { tls: read.value } : {}) }) : read
}

function open(given: DicomOptions, host: TransportHost): Transport {
  const withPeer = async <T>(use: (peer: Peer) => Promise<Result<T, Problem>>): Promise<Result<T, Problem>> => {
    const peer = await peerOf(given)
    return peer.ok ? use(peer.value) : peer
  }
  const memory: ProofMemory = { noCommitmentUntilMs: 0, transactions: new Transactions(join(host.stateFolder, 'asked-for-commitment')) }
  return {
    address: `${given.aeTitle}@${given.host}:${given.port}`,
    async send(cargo, { leastBytesPerSecond, signal, pace, begin, answered }: SendTerms) {
      const report = (index: number, outcome: StoreOutcome): void => answered?.(index, answerOf(outcome))
      const peer = await peerOf(given)
      if (!peer.ok) return { answers: cargo.map(() => ({ kind: 'untouched' })), problem: peer.error }
      const { outcomes, problem: why } = await storeObjects(peer.value, cargo, { ...TIMES, leastBytesPerSecond, signal, pace, begin, answered: report })
      return { answers: outcomes.map(answerOf), ...(why ? { problem: why } : {}) }
    },
    confirm: (held, signal) => withPeer((peer) => proofOf(held, { peer, host, signal, memory })),
    reports: (asked, signal) => withPeer((peer) => reportsOf(peer, asked, signal)),
    priors: {
      list: (asked, signal) => withPeer((peer) => listPriors(peer, asked, signal)),
      fetch: (object, signal) => withPeer((peer) => fetchPrior(peer, object, signal))
    },
    asked: (transactionUid) => memory.transactions.has(transactionUid),
    dryRun: (classes, signal) => withPeer((peer) => offer(peer, classes, signal)),
    probe: (signal) => withPeer((peer) => echo({ ...peer, timeoutMs: ECHO_TIMEOUT_MS, signal }))
  }
}

/** A PACS by C-STORE (PS3.4 annex B), with storage commitment (annex J) or a query where there is none. */
export const dicomTransport: TransportKind<DicomOptions> = { kind: 'dicom', archives: true, carries: 'dicom', parseOptions, open }
