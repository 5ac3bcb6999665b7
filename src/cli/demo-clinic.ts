import { systemClock } from '../platform/clock.js'
import { waitMs } from '../platform/backoff.js'
import type { Log } from '../platform/log.js'
import type { SimulatorOptions } from '../simulate/simulator-kind.js'
import { simulators } from '../simulate/simulators.js'
import type { DemoPlaces } from './demo-site.js'

export type DemoClinic = {
  readonly places: DemoPlaces
  readonly url: string
  /** `AET@HOST:PORT`; without it no device sends by DICOM. */
  readonly dicom: string | undefined
  readonly token: string
  /** 1 is a leisurely clinic; larger is busier. */
  readonly pace: number
  readonly log: Log
  readonly signal: AbortSignal
}

const PEOPLE = [['PHANTOM Amina', 'F', 34], ['PHANTOM Bakari', 'M', 51], ['PHANTOM Chandra', 'F', 47], ['PHANTOM Daniel', 'M', 62], ['PHANTOM Esperanza', 'F', 29], ['PHANTOM Farid', 'M', 40]] as const

/** What the process of the devices is told. */
export type DemoOrder = Omit<DemoClinic, 'log' | 'signal'>

/** A clinic at work: devices send, come and go until the signal. Nothing here is fatal: what fails is tried again at its next turn. */
export async function runDemoClinic(clinic: DemoClinic): Promise<void> {
  const ids = await Promise.all(PEOPLE.map(([name, sex, ageYears]) => call(clinic, '/api/v1/patients', { name, sex, ageYears }).then((patient) => String((patient as { patient?: { id?: unknown } } | undefined)?.patient?.id ?? ''))))
  await openVisits(clinic, ids)
  await Promise.all([...senders(clinic, ids), ...operators(clinic)])
}

/** Two people are being examined: one with the ultrasound, one with the camera. */
async function openVisits(clinic: DemoClinic, ids: readonly string[]): Promise<void> {
  for (const [index, station, take] of [[0, 'ultrasound', 'lung-r1'], [1, 'camera', 'eye-right']] as const) {
    const visit = (await call(clinic, '/api/v1/visits', { patientId: ids[index] })) as { id?: string } | undefined
    if (visit?.id) await call(clinic, `/api/v1/visits/${visit.id}/hold`, { station, take })
  }
}

/** Every simulator, each at its own pace; a line that is unplugged now and then comes back. */
function senders(clinic: DemoClinic, ids: readonly string[]): Promise<void>[] {
  const { places, dicom, url, token } = clinic
  const told: Readonly<Record<string, { readonly seconds: number; readonly options: Partial<SimulatorOptions> | undefined }>> = {
    dicom: { seconds: 20, options: dicom === undefined ? undefined : { to: dicom, seed: 11 } },
    stow: { seconds: 55, options: { url, token, seed: 201 } },
    'watched-folder': { seconds: 35, options: { folder: places.inbox, seed: 301 } },
    'mass-storage': { seconds: 60, options: { folder: places.cards, seed: 400 } },
    'serial-digitizer': { seconds: 45, options: { port: places.digitizerLine, seed: 5 } },
    sane: { seconds: 50, options: { folder: places.scanner, seed: 601 } },
    ptp: { seconds: 40, options: { folder: places.cameraCard, seed: 700 } },
    barcode: { seconds: 25, options: { port: places.scannerLine, text: ids[2] ?? 'PHANTOM', count: 3 } },
    'film-photo': { seconds: 70, options: { url, token, seed: 801 } }
  }
  return simulators.flatMap(({ kind, run }) => {
    const { seconds, options } = told[kind] ?? {}
    return seconds === undefined || options === undefined ? [] : [keepAt(clinic, kind, () => run(optionsOf(clinic, seconds, options)))]
  })
}

function optionsOf({ pace, signal, log }: DemoClinic, seconds: number, options: Partial<SimulatorOptions>): SimulatorOptions {
  return { seed: 1, count: 0, everyMs: (seconds * 1000) / pace, now: () => systemClock.now(), signal, log, say: () => undefined, ...options }
}

/** What people do at the page meanwhile: import a card, scan a film, capture the ultrasound. */
function operators(clinic: DemoClinic): Promise<void>[] {
  const every = (seconds: number, what: string, task: () => Promise<unknown>): Promise<void> => keepAt(clinic, what, async () => {
    await waitMs((seconds * 1000) / clinic.pace, clinic.signal)
    if (!clinic.signal.aborted) await task()
  })
  return [
    every(15, 'import', async () => {
      const { session } = (await read(clinic, '/devices/sticks/session')) as { session?: { media?: { id: string; phase: string; pictures?: number; taken?: number }[] } }
      const ready = session?.media?.find(({ phase, pictures = 0, taken = 0 }) => phase === 'ready' && pictures > taken)
      if (ready) await call(clinic, '/devices/sticks/commands/import', { medium: ready.id, wanted: 'all' })
    }),
    every(50, 'scan', () => call(clinic, '/devices/film-scanner/commands/scan', {})),
    every(30, 'capture', () => call(clinic, '/devices/ultrasound/commands/capture', {}))
  ]
}

const UNPLUGGED_MS = 8000

/** Again and again until the signal; between two runs the device is gone for a moment. */
async function keepAt({ signal, log, pace }: DemoClinic, what: string, run: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await run().catch((error: unknown) => log.warn('demo-step-failed', { what, reason: error instanceof Error ? error.message.slice(0, 200) : 'unknown' }))
    await waitMs(UNPLUGGED_MS / pace, signal)
  }
}

const headersOf = ({ token }: DemoClinic): Record<string, string> => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })

async function call(clinic: DemoClinic, path: string, body: object): Promise<unknown> {
  const answer = await fetch(new URL(path, clinic.url), { method: 'POST', headers: headersOf(clinic), body: JSON.stringify(body), signal: clinic.signal }).catch(() => undefined)
  if (answer && !answer.ok) clinic.log.warn('demo-step-refused', { path, status: answer.status })
  return answer?.ok ? answer.json().catch(() => undefined) : undefined
}

const read = async (clinic: DemoClinic, path: string): Promise<unknown> => {
  const answer = await fetch(new URL(path, clinic.url), { headers: headersOf(clinic), signal: clinic.signal })
  return answer.ok ? answer.json() : {}
}
