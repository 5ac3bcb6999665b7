import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readPower } from '../../src/platform/power.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'power-')) })
afterEach(() => rm(folder, { recursive: true }))

async function supply(name: string, facts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, name))
  for (const [fact, value] of Object.entries(facts)) await writeFile(join(folder, name, fact), `${value}\n`)
}

it('tells mains and charge, and when the plug is out', async () => {
  await supply('AC', { type: 'Mains', online: '0' })
  await supply('BAT0', { type: 'Battery', capacity: '74', status: 'Discharging' })
  expect(await readPower(folder)).toEqual({ onMains: false, chargePercent: 74 })
  await writeFile(join(folder, 'AC', 'online'), '1\n')
  expect(await readPower(folder)).toEqual({ onMains: true, chargePercent: 74 })
})

it('tells nothing of a machine without a battery', async () => {
  expect(await readPower(folder)).toBeUndefined()
  expect(await readPower(join(folder, 'absent'))).toBeUndefined()
})
