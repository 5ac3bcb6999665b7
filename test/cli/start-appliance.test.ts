import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startAppliance } from '../../src/cli/start-appliance.js'
import type { Appliance } from '../../src/compose.js'
import type { Config } from '../../src/config/config.js'
import { silentLog } from '../../src/platform/log.js'

const errno = (code: string): Error => Object.assign(new Error(code), { code })

describe('a start that the disk stands in the way of', () => {
  let dataFolder: string
  const appliance = {} as Appliance
  beforeEach(async () => { dataFolder = await mkdtemp(join(tmpdir(), 'screenpost-trouble-')) })
  afterEach(() => rm(dataFolder, { recursive: true, force: true }))

  const start = (failures: Error[], inTrouble: (url: string) => Promise<void> | void, signal = new AbortController().signal): Promise<Appliance | undefined> => startAppliance({
    config: { dataFolder, http: { host: '127.0.0.1', port: 0 }, https: { port: 0, allowPlain: false } } as Config, log: silentLog, signal,
    compose: () => { const next = failures.shift(); return next ? Promise.reject(next) : Promise.resolve(appliance) },
    inTrouble: (url) => void inTrouble(url)
  })

  it('shows a page that says what to do, in the language of the tablet, and goes on by itself', async () => {
    const seen: string[] = []
    let looked: Promise<void> = Promise.resolve()
    const look = async (url: string): Promise<void> => {
      const page = await fetch(url, { headers: { 'accept-language': 'fr' } })
      const health = await fetch(`${url}/healthz`)
      seen.push(String(page.status), await page.text(), String(health.status))
    }
    expect(await start([errno('EIO')], (url) => { looked = look(url) })).toBe(appliance)
    await looked
    expect(seen[0]).toBe('503')
    expect(seen[1]).toContain('Screenpost ne peut pas démarrer')
    expect(seen[1]).toContain('data-problem="start-disk-failing"')
    expect(seen[2]).toBe('503')
  }, 15_000)

  it('gives up the ballast and starts at once when the disk is full', async () => {
    await writeFile(join(dataFolder, 'ballast'), 'x')
    let troubled = 0
    expect(await start([errno('ENOSPC')], () => { troubled += 1 })).toBe(appliance)
    expect(troubled).toBe(0)
  })

  it('stops waiting when asked to, and throws what is no trouble of the disk', async () => {
    const stop = new AbortController()
    expect(await start([errno('EROFS'), errno('EROFS')], () => stop.abort(), stop.signal)).toBeUndefined()
    await expect(start([new TypeError('a bug')], () => undefined)).rejects.toThrow('a bug')
  })
})
