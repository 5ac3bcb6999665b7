import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createToken } from '../../src/access/tokens.js'
import { systemClock } from '../../src/platform/clock.js'
import type { FaultyScp } from '../../test/fakes/faulty-scp.js'
import { startFaultyScp } from '../../test/fakes/faulty-scp.js'
import { installWithoutPacks } from './appliance.js'
import { buildInterposer, hasProgram } from './interposer.js'

const NO_SENDER = 'There is no storescu here, which sends the films. Install DCMTK (scripts/test-peers.sh does), then run this again.'

/** What all crash points of a run share: the compiled interposer, an installation without packs, and a folder to work in. */
export type Ground = AsyncDisposable & { readonly folder: string; readonly library: string; readonly app: string }

/** @throws Error that names the program to install */
export async function prepareGround(scratch: string): Promise<Ground> {
  if (!hasProgram('storescu')) throw new Error(NO_SENDER)
  const folder = await mkdtemp(join(scratch, 'screenpost-torture-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    return { folder, library: buildInterposer(folder), app: await installWithoutPacks(folder), [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** One data folder with a site file and a token that may do all of the flow. */
export type Clinic = { readonly folder: string; readonly data: string; readonly site: string; readonly token: string; /** The PACS that it sends to: takes all and promises to keep it. */ readonly archive: FaultyScp }

/** `moreDevices`: of the site file, given the clinic's folder. */
export async function foundClinic(ground: Ground, name: string, moreDevices: (folder: string) => readonly unknown[] = () => []): Promise<Clinic> {
  const folder = join(ground.folder, name)
  const data = join(folder, 'data')
  await mkdir(join(data, 'inbox'), { recursive: true })
  const site = join(folder, 'site.json')
  const archive = await startFaultyScp({ commitment: 'same-association' })
  await writeFile(site, JSON.stringify(siteOf(data, archive.port, moreDevices(folder))))
  const { token } = await createToken({ folder: join(data, 'access', 'tokens'), role: 'clinician', label: 'torture', clock: systemClock })
  return { folder, data, site, token, archive }
}

export async function leaveClinic({ archive, folder }: Clinic): Promise<void> {
  await archive.close()
  await rm(folder, { recursive: true, force: true })
}

const siteOf = (data: string, archivePort: number, moreDevices: readonly unknown[]): unknown => ({
  destinations: [{ id: 'pacs', kind: 'dicom', host: '127.0.0.1', port: archivePort, aeTitle: 'ARCHIVE', holdUnattachedHours: 0 }],
  retention: { days: 0, archives: ['pacs'] }, disk: { warnMb: 2, refuseMb: 1, ballastMb: 0 },
  http: { host: '127.0.0.1' },
  devices: [
    { id: 'dicom', kind: 'dicom', options: { host: '127.0.0.1', port: 0, aeTitle: 'SCREENPOST' } },
    { id: 'inbox', kind: 'watched-folder', options: { folder: join(data, 'inbox'), settleMs: 50 } }, ...moreDevices
  ]
})

/** Every name and every byte below a folder, as one text that can be compared. */
export function picture(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().map((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? `${name}/` : `${name} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)}`
  })
}
