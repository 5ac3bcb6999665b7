import { keepCopies } from '../access/audit-copies.js'
import { verifyAudit } from '../access/verify-audit.js'
import type { HouseParts } from '../operations/house/house.js'
import type { Keeping } from './keeping.js'
import type { Setting } from './surroundings.js'

type Rooms = Pick<Keeping, 'access' | 'audit' | 'patients' | 'store' | 'visits'>

/** Who holds which document in memory, by its path in the data folder. */
const owners = ({ access, patients, store, visits }: Rooms): readonly (readonly [RegExp, (id: string) => Promise<boolean>])[] => [
  [/^patients\/([\w-]+)\.json$/, (id) => patients.rewrite(id)],
  [/^access\/(users)\.json$/, () => access.users.rewrite().then(() => true)],
  [/^visits\/(stations)\.json$/, () => visits.stations.rewrite()],
  [/^visits\/(?:open|\d{4}\/\d{2})\/([\w-]+)\.json$/, (id) => visits.rewrite(id)],
  [/^quarantine\/([\w-]+)\/entry\.json$/, (id) => store.rewriteQuarantined(id)]
]

type House = Pick<Setting, 'folder' | 'log'> & { readonly config: Pick<Setting['config'], 'dataFolder'> }

/** What the slow check needs of the house to read everything that is no study, and to put it right. */
export function housePartsOf({ config, log, folder }: House, rooms: Rooms): HouseParts {
  const known = owners(rooms)
  return {
    root: config.dataFolder, log,
    rewrite: async (where) => {
      const owner = known.find(([pattern]) => pattern.test(where))
      return owner ? owner[1](owner[0].exec(where)?.[1] ?? '') : false
    },
    audit: { verify: () => verifyAudit(folder('audit')), restore: () => rooms.audit.restore(), keepCopies: () => keepCopies(folder('audit')) }, index: { rewrite: () => rooms.store.rewriteIndex() }
  }
}
