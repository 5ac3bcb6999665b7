/** What tells a picture from another one of the same name, as the camera says it without sending the picture. */
export type Identity = {
  readonly bytes: number
  /** When it was taken, as if the time that is shown were UTC: a camera's clock knows no zone. */
  readonly shownSeconds?: number
}

/** Of each picture that `show-info` told of, by its name; undefined where the camera does not say. */
export function identitiesIn(text: string): ReadonlyMap<string, Identity | undefined> {
  return new Map(text.split(/^Information on file '/m).slice(1).map((each) => [each.slice(0, each.indexOf("'")), identityIn(each)]))
}

function identityIn(text: string): Identity | undefined {
  const [ofFile = ''] = text.split(/^Thumbnail:/m)
  const bytes = /^\s*Size:\s+(\d+) byte/m.exec(ofFile)?.[1]
  const shownMs = Date.parse(`${/^\s*Time:\s+(.+)$/m.exec(ofFile)?.[1] ?? ''} UTC`)
  return bytes === undefined ? undefined : { bytes: Number(bytes), ...(Number.isNaN(shownMs) ? {} : { shownSeconds: shownMs / 1000 }) }
}

const QUARTER = 15 * 60
const WIDEST_ZONES = 26 * 3600

/** A time that differs by whole quarters of an hour within a day is the same one: this computer's time zone was changed, by which times are shown. */
export function isSamePicture(one: Identity, other: Identity): boolean {
  if (one.bytes !== other.bytes) return false
  if (one.shownSeconds === undefined || other.shownSeconds === undefined) return true
  const apart = Math.abs(one.shownSeconds - other.shownSeconds)
  return apart <= WIDEST_ZONES && apart % QUARTER === 0
}
