import type { VideoSession } from '../../../domain/video-session.js'
import type { StationId, Take, VisitStep } from '../../../domain/visit.js'
import { TAKES } from '../../../domain/visit.js'
import type { MessageKey } from '../../../i18n/catalogues.js'
import type { Words } from '../../../i18n/words.js'
import type { DeviceView } from '../../dependencies.js'

/** Something that a visit may hold, as the pages show it. */
export type StationView = {
  readonly id: StationId
  readonly deviceId: string
  /** AE title or id, as the technician named it. */
  readonly name: string
  readonly kind: string
  readonly state: DeviceView['state']
  readonly commands: readonly string[]
  readonly hasPreview: boolean
  /** Of a device that gives a live picture: what is kept of it. */
  readonly video?: VideoSession
  /** Another open visit has it. */
  readonly heldBy?: { readonly name: string; readonly since: string }
}

/** `Right eye`, `Left lung · 3 side, upper`. */
export function takeText({ t }: Words, code: string): string {
  const [, side, zone] = /^lung-([lr])([1-6])$/.exec(code) ?? []
  if (side === undefined || zone === undefined) return TAKES.some((take) => take.code === code) ? t(`take.${code}` as MessageKey) : code
  return `${t(side === 'r' ? 'take.lung-right' : 'take.lung-left')} · ${zone} ${t(`zone.${zone}` as MessageKey)}`
}

/** The short name on a button below the heading of its lung. */
export const zoneText = ({ t }: Words, { code }: Take): string => `${code.slice(-1)} ${t(`zone.${code.slice(-1)}` as MessageKey)}`

/** A station as people know it. */
export type NameOf = (station: StationId) => string

export const stepText = ({ t }: Words, { status, station }: VisitStep, nameOf: NameOf): string => t(`visit.step.${status}`, { device: nameOf(station) })
