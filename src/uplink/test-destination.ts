import { join } from 'node:path'
import { systemClock } from '../platform/clock.js'
import type { Destination } from './destination.js'
import { transportKinds } from './transports/registry.js'
import type { Transport } from './transports/transport.js'

/** What a test of a destination found, in lines for a person. */
export type DestinationTest = { readonly ok: boolean; readonly lines: readonly string[] }

const PATIENCE_MS = 30_000

/** SOP class and transfer syntax of what this appliance sends most. */
const SENT = {
  sr: [['1.2.840.10008.5.1.4.1.1.88.33', '1.2.840.10008.1.2.1']],
  pdf: [['1.2.840.10008.5.1.4.1.1.104.1', '1.2.840.10008.1.2.1']],
  heatmap: [['1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.1.2.1']],
  'heatmap-map': [['1.2.840.10008.5.1.4.1.1.30', '1.2.840.10008.1.2.1']],
  images: [
    ['1.2.840.10008.5.1.4.1.1.1', '1.2.840.10008.1.2.1'], ['1.2.840.10008.5.1.4.1.1.1.1', '1.2.840.10008.1.2.1'],
    ['1.2.840.10008.5.1.4.1.1.77.1.5.1', '1.2.840.10008.1.2.4.50'], ['1.2.840.10008.5.1.4.1.1.6.1', '1.2.840.10008.1.2.1']
  ],
  fhir: []
} as const

/** Asks a destination whether it answers and what it would take; sends nothing. */
export async function askDestination({ send }: Destination, transport: Transport): Promise<DestinationTest> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const answer = await transport.probe(signal)
  if (!answer.ok) return { ok: false, lines: [answer.error.message] }
  const lines = [`${transport.address} answers in ${answer.value.ms} ms; sends ${send.join(', ')}`]
  const classes = send.flatMap((one) => SENT[one].map(([sopClassUid, transferSyntaxUid]) => ({ sopClassUid, transferSyntaxUid })))
  const takes = transport.dryRun && classes.length > 0 ? await transport.dryRun(classes, signal) : undefined
  if (!takes) return { ok: true, lines }
  if (!takes.ok) return { ok: false, lines: [...lines, takes.error.message] }
  return { ok: takes.value.every((one) => one.ok), lines: [...lines, ...takes.value.map(({ what, detail }) => `${what}: ${detail}`)] }
}

/** The same for an entry of the site file, beside a running service. */
export async function testDestination(destination: Destination, { stateFolder }: { readonly stateFolder: string }): Promise<DestinationTest> {
  const kind = transportKinds.find((one) => one.kind === destination.kind)
  if (!kind) return { ok: false, lines: [`No transport of the kind ${destination.kind}.`] }
  return askDestination(destination, kind.open(destination.options, { clock: systemClock, stateFolder: join(stateFolder, destination.id), confirmed: () => undefined }))
}
