import type { WebDependencies } from '../dependencies.js'
import type { StationId } from '../../domain/visit.js'
import type { StationView } from '../views/visits/station.js'
import { videoSessionOf } from './visits-view.js'

type Deps = Pick<WebDependencies, 'devices' | 'visits' | 'access'>

/** Receivers that several machines send to: each machine is a station. */
const RECEIVERS: readonly string[] = ['dicom', 'stow']

/** Everything a visit may hold, and the receivers that nobody has sent to yet. `visitId`: whose own claims are not another's. */
export function stationsOf(deps: Deps, visitId?: string): { readonly stations: StationView[]; readonly silent: string[] } {
  const silent: string[] = []
  const stations = deps.devices.status().filter(({ state }) => state !== 'off').flatMap((device): StationView[] => {
    const { id, kind, state, commands = [], hasPreview = false } = device
    const video = hasPreview ? videoSessionOf(deps, id) : undefined
    const base = { deviceId: id, kind, state, commands, hasPreview, ...(video ? { video } : {}) }
    if (!RECEIVERS.includes(kind)) return [{ ...base, id, name: id, ...heldBy(deps, id, visitId) }]
    const senders = [...new Set([...(device.stations ?? []), ...deps.visits.stations.behind(id)])].sort()
    if (senders.length === 0) silent.push(id)
    return senders.map((sender) => ({ ...base, id: `${id}:${sender}`, name: senderName(deps, kind, sender), ...heldBy(deps, `${id}:${sender}`, visitId) }))
  })
  return { stations, silent }
}

/** An AE title as it is; whoever sends by DICOMweb by the label of their token, or their name. */
const senderName = (deps: Pick<Deps, 'access'>, kind: string | undefined, sender: string): string => (kind === 'stow' ? nameOfUser(deps, sender) : sender)

/** A station as people know it: its device's id, or the machine behind a receiver. */
export function stationName(deps: Pick<Deps, 'access' | 'devices'>, station: StationId): string {
  const colon = station.indexOf(':')
  if (colon < 0) return station
  const { kind } = deps.devices.status().find(({ id }) => id === station.slice(0, colon)) ?? {}
  return senderName(deps, kind, station.slice(colon + 1))
}

/** A person by their name, a program by the label of its token; a device that opened a visit, or somebody who is gone, by their id. */
export const nameOfUser = ({ access }: Pick<WebDependencies, 'access'>, id: string): string =>
  access.users.get(id)?.name ?? access.tokens.labelOf(id.replace(/^token-/, '')) ?? id.replace(/^device:/, '')

function heldBy(deps: Deps, station: string, visitId: string | undefined): Pick<StationView, 'heldBy'> {
  const holder = deps.visits.holderOf(station)
  return !holder || holder.visit.id === visitId ? {} : { heldBy: { name: nameOfUser(deps, holder.claim.by), since: holder.claim.usedAt } }
}
