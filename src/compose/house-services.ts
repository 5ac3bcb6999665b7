import type { HouseServices } from '../devices/supervise.js'
import { todaysWorklist } from '../patients/todays-worklist.js'
import type { Mounts } from '../platform/mounts.js'
import { programmes } from '../programmes/programmes.js'
import type { CentreWorklist } from '../uplink/inbound/centre-worklist.js'
import type { Keeping } from './keeping.js'
import type { Setting } from './surroundings.js'

const modalityOf = (id: string) => programmes.find((programme) => programme.id === id)?.modality

type Sources = { readonly mounts: Mounts; readonly centre: CentreWorklist }

/** What devices may ask of the house: who is to be examined, whose visit holds them, an address of the web server. */
export const houseServices = ({ clock }: Setting, { patients, visits, reader }: Keeping, { mounts, centre }: Sources): HouseServices => ({
  worklist: (query) => Promise.resolve(todaysWorklist({ patients, visits, modalityOf, centre: () => centre.items() }, clock.now(), query)),
  reportProgress: async (step) => { await visits.recordStep(step) },
  visit: (station) => visits.holding(station),
  draw: async (path, target) => (await reader.render({ path, frame: 0, size: 'tablet', target })).ok,
  mount: (path, handler) => mounts.mount(path, handler)
})
