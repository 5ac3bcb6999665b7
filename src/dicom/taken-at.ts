import type { DataSet } from './data-set.js'

const DAY = /^(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})/
const TIME = /^(\d{2}):?(\d{2}):?(\d{2})/
const ZONE = /([+-]\d{2}):?(\d{2})$/

/**
 * When the image was taken by the device's own clock: `yyyy-mm-ddThh:mm:ss`, with its offset from UTC (`+03:00`) where the object gives one. From Acquisition
 * DateTime, else Acquisition or Content Date with its Time (PS3.3 C.7.6.1); a date alone tells too little.
 */
export function takenAtOf(dataSet: DataSet): string | undefined {
  const first = (tag: number): string => dataSet.strings(tag)[0]?.trim() ?? ''
  const whole = first(0x0008002a)
  const zone = zoneOf(whole) || zoneOf(first(0x00080201))
  const pairs = [[whole, whole.slice(8)], [first(0x00080022), first(0x00080032)], [first(0x00080023), first(0x00080033)]] as const
  return pairs.map(([date, time]) => momentOf(date, time)).filter((moment) => moment !== undefined).map((moment) => `${moment}${zone}`)[0]
}

function momentOf(date: string, time: string): string | undefined {
  const [, year, month, day] = DAY.exec(date) ?? []
  const [, hour, minute, second] = TIME.exec(time) ?? []
  if (year === undefined || hour === undefined) return undefined
  const moment = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  return Number.isNaN(Date.parse(moment)) ? undefined : moment
}

const zoneOf = (text: string): string => ZONE.exec(text)?.slice(1, 3).join(':') ?? ''
