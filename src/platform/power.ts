import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the power comes from, as the kernel says it; `chargePercent` of a battery or UPS when there is one. */
export type Power = { readonly onMains: boolean; readonly chargePercent?: number }

/** Undefined where the machine has no battery to tell of. `folder` is `/sys/class/power_supply`. */
export async function readPower(folder = '/sys/class/power_supply'): Promise<Power | undefined> {
  const names = await readdir(folder).catch(() => [] as string[])
  const said = async (name: string, what: string): Promise<string> => (await readFile(join(folder, name, what), 'utf8').catch(() => '')).trim()
  const supplies = await Promise.all(names.map(async (name) => ({ type: await said(name, 'type'), online: await said(name, 'online'), capacity: await said(name, 'capacity'), status: await said(name, 'status') })))
  const battery = supplies.find(({ type, capacity }) => (type === 'Battery' || type === 'UPS') && capacity !== '')
  if (!battery) return undefined
  const mains = supplies.filter(({ type }) => type === 'Mains' || type === 'USB')
  const onMains = mains.length > 0 ? mains.some(({ online }) => online === '1') : battery.status !== 'Discharging'
  return { onMains, chargePercent: Number(battery.capacity) }
}
