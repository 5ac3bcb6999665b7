import { UsageError } from './host.js'

/** @throws UsageError unless `value` is a whole number from `least` to 4294967295 */
export function wholeNumber(flag: string, value: string, least = 1): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= least && number <= 0xffffffff) return number
  throw new UsageError(`${flag}: expected a whole number from ${least} on; got ${value}`)
}

/** @throws UsageError unless `value` is a number above 0 and up to 1 */
export function shareOf(flag: string, value: string): number {
  const number = Number(value)
  if (number > 0 && number <= 1) return number
  throw new UsageError(`${flag}: expected a share above 0 and up to 1, such as 0.9 for 90 %; got ${value}`)
}

/** @throws UsageError unless `value` is a number from 0 to 1 */
export function partOf(flag: string, value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 1) return number
  throw new UsageError(`${flag}: expected a share from 0 to 1, such as 0.02 for 2 %; got ${value}`)
}

/** @throws UsageError unless `value` is a number that is not negative */
export function amount(flag: string, value: string, without = 'a currency'): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new UsageError(`${flag}: expected a number from 0 on, without ${without}; got ${value}`)
}
