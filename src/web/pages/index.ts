import type { WebDependencies } from '../dependencies.js'
import type { Route } from '../route.js'
import { boxRoutes } from './box.js'
import { captureRoutes } from './capture.js'
import { languageRoutes } from './language.js'
import { listRoutes } from './list.js'
import { patientRecordRoutes } from './patient-record.js'
import { patientRoutes } from './patients.js'
import { programmeRoutes } from './programme.js'
import { registerRoutes } from './register.js'
import { signInRoutes } from './sign-in.js'
import { studyActionRoutes } from './study-actions.js'
import { studyAdditionRoutes } from './study-additions.js'
import { studyRoutes } from './study.js'
import { systemRoutes } from './system.js'
import { uplinkRoutes } from './uplink.js'
import { practiceRoutes } from './practice.js'
import { workRoutes } from './work.js'
import { userRoutes } from './users.js'
import { deviceRoutes } from './visits-devices.js'
import { visitRoutes } from './visits.js'

/** Every page that people see; the server enforces access and writes the audit record. */
export function pageRoutes(deps: WebDependencies): Route[] {
  return [
    ...listRoutes(deps), ...studyRoutes(deps), ...studyActionRoutes(deps), ...studyAdditionRoutes(deps), ...programmeRoutes(deps), ...patientRoutes(deps), ...patientRecordRoutes(deps), ...captureRoutes(deps), ...registerRoutes(deps), ...workRoutes(deps), ...practiceRoutes(deps),
    ...languageRoutes(deps), ...systemRoutes(deps), ...uplinkRoutes(deps), ...userRoutes(deps), ...boxRoutes(deps), ...signInRoutes(deps), ...visitRoutes(deps), ...deviceRoutes(deps)
  ]
}
