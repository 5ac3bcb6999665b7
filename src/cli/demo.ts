import { fork } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createToken } from '../access/tokens.js'
import type { Appliance } from '../compose.js'
import { systemClock } from '../platform/clock.js'
import type { Log } from '../platform/log.js'
import type { DemoOrder } from './demo-clinic.js'
import { demoPlaces, demoSite } from './demo-site.js'
import { UsageError } from './host.js'
import type { CliHost } from './host.js'

/** The folder of a demonstration: made new, never a clinic's, and removed at the end. */
export type Demo = {
  readonly data: string
  readonly config: string
  /** Tells how to sign in and sets the devices to work. */
  start(appliance: Appliance, running: { readonly host: CliHost; readonly log: Log; readonly signal: AbortSignal }): Promise<void>
  remove(): Promise<void>
}

const DEAF_AFTER_MS = 2500

/** In a process of their own; resolves when it has ended: making pictures must not hold up receiving them. */
function setToWork(order: DemoOrder, { log, signal }: { readonly log: Log; readonly signal: AbortSignal }): Promise<void> {
  const child = fork(new URL('./demo-child.js', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.on('error', (error) => log.warn('demo-ended', { reason: error.name }))
  child.send(order)
  signal.addEventListener('abort', () => {
    if (child.connected) child.disconnect()
    setTimeout(() => child.kill('SIGKILL'), DEAF_AFTER_MS).unref()
  }, { once: true })
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
}

/** @throws UsageError when a data folder or a site file is named: a demonstration touches neither */
export async function prepareDemo(options: { readonly data?: string; readonly config?: string; readonly pace?: string }): Promise<Demo> {
  if (options.data !== undefined || options.config !== undefined) throw new UsageError('--demo has a data folder and devices of its own. Leave --data and --config out.')
  const pace = Number(options.pace ?? '1')
  if (!(pace > 0 && pace <= 100)) throw new UsageError('--pace: expected a number above 0, at most 100; 1 is a leisurely clinic')
  const folder = await mkdtemp(join(tmpdir(), 'screenpost-demo-'))
  const places = demoPlaces(folder)
  for (const each of [places.data, dirname(places.cards), places.inbox, join(places.cameraCard, 'DCIM'), places.scanner]) await mkdir(each, { recursive: true })
  await writeFile(join(places.scanner, 'dll.conf'), 'pnm\n')
  await writeFile(places.site, JSON.stringify(demoSite(places)))
  let working: Promise<void> = Promise.resolve()
  const { phantomVideo } = await import('../simulate/pictures.js')
  await writeFile(places.screen, await phantomVideo(3))
  return {
    data: places.data, config: places.site,
    async start(appliance, { host, log, signal }) {
      const { token } = await createToken({ folder: join(places.data, 'access', 'tokens'), role: 'clinician', label: 'demonstration', clock: systemClock })
      if (appliance.firstLoginPin !== undefined) host.stdout.write(`DEMO: open ${appliance.url} and make the first users with the PIN ${appliance.firstLoginPin}; the nurse sees the visits and devices at work\n`)
      host.stdout.write('DEMO: every picture is generated; everything is removed when this ends (Ctrl-C)\n')
      working = setToWork({ places, url: appliance.url, dicom: appliance.dicomEndpoint(), token, pace }, { log, signal })
    },
    async remove() {
      // What still writes would make the folder anew.
      await working
      await rm(folder, { recursive: true, force: true })
    }
  }
}
