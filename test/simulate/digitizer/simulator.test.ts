import { lstat, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/platform/log.js'
import { startDigitizerSimulator } from '../../../src/simulate/digitizer/simulator.js'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'simulator-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the simulator', () => {
  it('names its pseudo-terminal, and takes the name away when it ends', async () => {
    const stop = new AbortController()
    const port = join(folder, 'tty')
    const simulator = await startDigitizerSimulator({ port, seed: 1, log: silentLog, signal: stop.signal })
    const first = await readlink(port)
    expect((await lstat(first)).isCharacterDevice()).toBe(true)
    await simulator.replug()
    expect((await lstat(await readlink(port))).isCharacterDevice()).toBe(true)
    expect(simulator.unplugs).toBe(1)
    stop.abort()
    await simulator.ended
    await expect(lstat(port)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('replaces the name that a killed simulator left, and nothing else', async () => {
    const port = join(folder, 'tty')
    await writeFile(port, 'somebody else')
    await expect(startDigitizerSimulator({ port, seed: 1, log: silentLog, signal: new AbortController().signal })).rejects.toThrow('Choose another --port')
    await rm(port)
    await symlink('/dev/pts/99999', port)
    await using simulator = await startDigitizerSimulator({ port, seed: 1, log: silentLog, signal: new AbortController().signal })
    expect(await readlink(simulator.port)).not.toBe('/dev/pts/99999')
  })
})
