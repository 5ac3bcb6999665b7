import { rm } from 'node:fs/promises'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { identify } from '../ingest/identify.js'
import { backupProblem } from '../operations/backup/backup.js'
import { Ballast } from '../operations/ballast.js'
import type { Finding } from '../operations/condition.js'
import { correctTimes } from '../operations/correct-times.js'
import { startDiskWatch } from '../operations/disk-watch.js'
import type { HouseFault } from '../operations/house/house.js'
import { checkHouse } from '../operations/house/house.js'
import type { RepairParts } from '../operations/repair.js'
import { repair } from '../operations/repair.js'
import { startRetention } from '../operations/retention.js'
import { startScrub } from '../operations/scrub.js'
import { finishFilmsOfOtherAge, readFilmsOfOtherDay } from '../patients/films-of-age.js'
import { correctSaidDays } from '../patients/said-days.js'
import { freeBytes } from '../platform/disk-space.js'
import { sharesUid } from '../uplink/shared-uid.js'
import type { Care } from '../web/dependencies.js'
import { createFetchBack } from './fetch-back.js'
import { housePartsOf } from './house-parts.js'
import type { Keeping } from './keeping.js'
import { createRedraw } from './redraw.js'
import type { Setting } from './surroundings.js'

export type Caring = Awaited<ReturnType<typeof composeCaring>>

/** What keeps the data well while nobody looks: room on the disk, the slow check, retention. */
export async function composeCaring(setting: Setting, keeping: Keeping) {
  const { config, clock, log, keep, folder, clockTrusted } = setting
  const { store } = keeping
  const disk = keep(await startDiskWatch({ folder: config.dataFolder, marks: config.disk, ballast: new Ballast(config.dataFolder, config.disk.ballastBytes), log }))
  const room = (): void => void keeping.priors.makeRoom(disk.level() !== 'ample').catch(() => log.warn('priors-not-removed', { next: 'Earlier images from the centre lie in the folder priors of the data folder; remove them to make room.' }))
  disk.subscribe(room)
  room()
  const parts = repairParts(setting, keeping)
  const house = housePartsOf(setting, keeping)
  const scrub = keep(await startScrub({ store, folder: folder('operations'), clock, log, ...config.scrub, repair: (id, examined) => repair(parts, id, examined), house: (pace) => checkHouse(house, pace) }))
  correctUncertainTimes(setting, keeping)
  readFilmsOfCorrectedAges(setting, keeping)
  if (config.retention) keep(startRetention({ store, policy: config.retention, clock, log, clockTrusted, freeBytes: () => freeBytes(config.dataFolder), isPromiseShared: (study) => sharesUid(store, study) }))
  /** For every page. */
  const notices = (): Problem[] => [disk.problem()].flatMap((one) => one ?? [])
  /** For the system page: what the slow check could not put right. */
  const backupAge = watchBackup(setting)
  const faults = (): Problem[] => [...scrub.status().open.map(faultProblem), ...scrub.status().house.map(houseProblem), ...(keeping.access.users.isFromPrevious ? [OLD_USERS] : []), ...backupAge()]
  return { disk, scrub, notices, faults }
}

/** Looked at every few minutes: copies are made by a command of their own. */
function watchBackup({ config, clock, onClose }: Setting): () => Problem[] {
  const { backup, dataFolder } = config
  let known: Problem | undefined
  if (!backup) return () => []
  const look = (): void => void backupProblem(dataFolder, backup.everyHours, clock.now()).then((problem) => { known = problem })
  look()
  const timer = setInterval(look, 5 * 60_000)
  onClose(() => Promise.resolve(clearInterval(timer)))
  return () => (known ? [known] : [])
}

/** At each start, and when the time becomes known. */
function correctUncertainTimes({ clockKeeper, log, onClose }: Setting, { store, patients }: Keeping): void {
  let running = Promise.resolve()
  const correctAll = async (): Promise<void> => {
    await correctTimes(store, clockKeeper, log)
    const failed = await correctSaidDays(patients, (moment) => clockKeeper.timeOf(moment))
    if (failed > 0) log.warn('days-not-corrected', { count: failed, next: 'Ages of these patients count as said until then. Make room on the disk, then start again.' })
    const unread = await readFilmsOfOtherDay({ store, patients })
    if (unread > 0) log.warn('films-not-read-again', { count: unread, next: 'The verdicts are of an age by a clock that was wrong. Make room on the disk, then start again.' })
  }
  const correct = (): void => { running = running.then(correctAll) }
  const unsubscribe = clockKeeper.onLearnt(correct)
  correct()
  onClose(() => {
    unsubscribe()
    return running
  })
}

/** Once, after a start: every film of a person whose age was ever put right is looked at, which no device waits for. */
function readFilmsOfCorrectedAges({ log, onClose }: Setting, { store, patients }: Keeping): void {
  const stop = new AbortController()
  const running = finishFilmsOfOtherAge({ store, patients }, stop.signal).then((failed) => {
    if (failed > 0) log.warn('films-not-read-again', { count: failed, next: 'The age of their patients was corrected, and the verdicts are of the age before. Make room on the disk, then start again.' })
  })
  onClose(() => {
    stop.abort()
    return running
  })
}

function repairParts({ config, clock, log, folder }: Setting, { store, reader, fullFrame }: Keeping): RepairParts {
  return {
    store, log, now: () => clock.now().toISOString(), identify,
    fetchBack: createFetchBack({ destinations: config.destinations, spoolFolder: folder('spool'), store }),
    redraw: createRedraw({ store, reader, fullFrame }), discard: (path) => rm(path, { force: true })
  }
}

const WORDS: Readonly<Record<Finding['fault'], string>> = {
  'document-unreadable': 'its document is damaged and could not be made again. Restore it from the backup',
  'document-previous': 'its newest document is damaged; the one before it is in force',
  'object-damaged': 'its image is damaged on this disk and no archive gave it back. Send it again from its device, or restore the backup',
  'object-missing': 'its image is gone from this disk and no archive gave it back. Send it again from its device, or restore the backup',
  'pictures-missing': 'its pictures for display are missing or damaged and could not be made again. Have the image read again'
}

const faultProblem = ({ studyId, fault }: Finding): Problem => problem(`fault-${fault}`, `Study ${studyId}: ${WORDS[fault]}.`)

const houseProblem = ({ where, detail }: HouseFault): Problem => problem('fault-house', `In the data folder ${where} is damaged: ${detail}.`)

const OLD_USERS = houseProblem({ where: 'access/users.json', repaired: false, detail: 'the version before it is in force. Look through the users, since the last change to them (a new PIN, somebody disabled) may be lost' })

/** What the page shows of it, and what an administrator may do. */
export const careOf = ({ clockKeeper }: Setting, { scrub }: Pick<Caring, 'scrub'>): Care => ({
  view: () => ({ clock: clockKeeper.status(), scrub: scrub.status() }),
  acceptTime: (at) => clockKeeper.accept(at),
  scrub: (action) => scrub[action]()
})
