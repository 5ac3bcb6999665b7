import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repository } from './root.js'

const run = promisify(execFile)

describe('small programs of the appliance', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const script = (name: string, args: string[], env: Record<string, string>) => run(join(repository, 'appliance/libexec', name), args, { env: { ...process.env, ...env } })
  const program = async (name: string, body: string): Promise<string> => {
    await writeFile(at(name), `#!/bin/sh\n${body}\n`)
    await chmod(at(name), 0o755)
    return at(name)
  }
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-libexec-')) })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  describe('battery', () => {
    const supply = async (name: string, values: Record<string, string>): Promise<void> => {
      await mkdir(at(`supplies/${name}`), { recursive: true })
      for (const [file, value] of Object.entries(values)) await writeFile(at(`supplies/${name}/${file}`), `${value}\n`)
    }
    const look = async (): Promise<{ off: boolean; mark: boolean }> => {
      const poweroff = await program('poweroff', `: > ${at('off')}`)
      await script('battery', [], { SCREENPOST_POWER_SUPPLIES: at('supplies'), SCREENPOST_BATTERY_MARK: at('run/on-battery'), SCREENPOST_POWEROFF: poweroff })
      const there = (name: string): Promise<boolean> => stat(at(name)).then(() => true, () => false)
      return { off: await there('off'), mark: await there('run/on-battery') }
    }

    it('switches off before it is empty, holds off heavy jobs on battery, and does neither on mains', async () => {
      await supply('BAT0', { type: 'Battery', status: 'Charging', capacity: '3' })
      await supply('AC', { type: 'Mains' })
      expect(await look()).toEqual({ off: false, mark: false })
      await supply('BAT0', { type: 'Battery', status: 'Discharging', capacity: '40' })
      expect(await look()).toEqual({ off: false, mark: true })
      await supply('BAT0', { type: 'Battery', status: 'Discharging', capacity: '5' })
      expect(await look()).toEqual({ off: true, mark: true })
    })

    it('takes the battery of a mouse for no battery of the box', async () => {
      await supply('hid-mouse', { type: 'Battery', scope: 'Device', status: 'Discharging', capacity: '1' })
      expect(await look()).toEqual({ off: false, mark: false })
    })
  })

  it('speaks RAUC\'s language for a Jetson\'s slots', async () => {
    const control = await program('nvbootctrl', `echo "$*" >> ${at('calls')}
case "$*" in *get-current-slot) echo 1 ;; *dump-slots-info) printf 'Current version: 36.4.3\\nActive rootfs slot: B\\nnum_slots: 2\\n' ;; *is-slot-bootable\\ 0) exit 1 ;; esac`)
    const slot = async (...args: string[]): Promise<string> => (await script('nvboot-slot', args, { SCREENPOST_NVBOOTCTRL: control })).stdout.trim()
    expect([await slot('get-current'), await slot('get-primary'), await slot('get-state', 'A'), await slot('get-state', 'B')]).toEqual(['B', 'B', 'bad', 'good'])
    await slot('set-primary', 'A')
    await slot('set-state', 'B', 'good')
    await slot('set-state', 'A', 'bad')
    expect((await readFile(at('calls'), 'utf8')).trim().split('\n').slice(-3)).toEqual(['-t rootfs set-active-boot-slot 0', '-t rootfs mark-boot-successful 1', '-t rootfs set-slot-as-unbootable 0'])
    await expect(slot('set-state', 'C', 'good')).rejects.toMatchObject({ code: 64 })
  })
})
