import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import { createStudyCommands } from '../patients/commands.js'
import { diskQuestion } from '../platform/disk-answers.js'
import { freeBytes } from '../platform/disk-space.js'
import { readPower } from '../platform/power.js'
import type { SystemView } from '../web/dependencies.js'
import { startWebServer } from '../web/server.js'
import { dialable, deviceDoor, dicomEndpointOf } from './device-views.js'
import { openBox } from './box.js'
import { careOf, type Caring } from './caring.js'
import type { Keeping } from './keeping.js'
import { openOffers } from './offers.js'
import { livenessOf } from './liveness.js'
import { createPractice } from './practice.js'
import { logUnknownChoices, problemsOf } from './problems.js'
import { registerOf, reportOf } from './report.js'
import type { Setting } from './surroundings.js'
import type { Working } from './working.js'

const DEMO = problem('demo', 'DEMO: every picture is generated and no patient is real, so the verdicts mean nothing. Nothing here is kept.')

/** Last stage: the tablet page and what it says of the house. */
export async function composeFront(setting: Setting, parts: Keeping & Working & Caring) {
  const { config, clock, log, folder, onClose } = setting
  const { store, reader, patients, access, audit, deliver, fullFrame, devices, mounts } = parts
  const diskAnswers = diskQuestion(join(folder('spool'), 'watchdog'), clock)
  const { isAlive, isHealthy } = livenessOf({ runner: parts.runner, reader, diskAnswers, clock })
  logUnknownChoices({ reader, operatingPoints: config.operatingPoints, log })
  const pageProblems: Problem[] = []
  const problems = (): Problem[] => [...parts.notices(), ...parts.faults(), ...pageProblems, ...problemsOf({ devices, reader, store, operatingPoints: config.operatingPoints })]
  const web = await startWebServer({
    listen: config.http, https: { ...config.https, ca: parts.ca }, store, patients, access, audit, deliver, isHealthy, clock, log, reader, fullFrame, mounts, uplink: parts.uplink,
    system: () => systemOf(setting, parts, problems()),
    commands: createStudyCommands({ store, patients, clock, visits: parts.visits }), practice: createPractice(),
    devices: deviceDoor(devices), visits: parts.visits, centre: () => parts.centre.items(), priors: parts.priors,
    reportPdf: (study, patient, printed) => reportOf({ store, config, clock, packsFolder: setting.packsFolder }, study, { ...printed, patient }),
    registerPdf: (register) => registerOf({ config, clock }, register),
    ...(setting.box ? { box: openBox({ ...setting.box, dataFolder: config.dataFolder, root: '/' }), offers: openOffers(config) } : {}), ...(config.programmes ? { programmes: config.programmes } : {}),
    care: careOf(setting, parts), notices: () => [...(setting.demo ? [DEMO] : []), ...parts.notices()], hasRoomFor: (bytes) => store.hasRoomFor(bytes),
    spoolFolder: folder('spool'), staticFolder: setting.staticFolder
  })
  if (web.https.problem) pageProblems.push(web.https.problem)
  onClose(() => web.close())
  return { web, problems, isAlive }
}

async function systemOf({ config, version, startedAt, clockTrusted }: Setting, { devices, uplink }: Working, warnings: readonly Problem[]): Promise<SystemView> {
  const power = await readPower()
  return {
    version, siteName: config.siteName, startedAt, clockTrusted: clockTrusted(),
    disk: { freeBytes: await freeBytes(config.dataFolder), warnBytes: config.disk.warnBytes, reserveBytes: config.disk.refuseBytes }, dicom: dialable(dicomEndpointOf(devices)), warnings, destinations: uplink.status(), ...(power ? { power } : {})
  }
}
