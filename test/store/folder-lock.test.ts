import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FolderInUseError, lockFolder } from '../../src/store/folder-lock.js'
import { transpileRooms } from './transpile.js'

describe('the lock of the data folder', () => {
  let root: string
  beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'screenpost-lock-')) })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it('is held against another process while this one lives, and taken over when it was killed', async () => {
    const program = await transpileRooms(['domain', 'platform', 'store'])
    await writeFile(join(program, 'hold.js'), 'import { lockFolder } from "./store/folder-lock.js"\nawait lockFolder(process.argv[2])\nconsole.log("held")\nsetInterval(() => {}, 1000)\n')
    const child = spawn(process.execPath, [join(program, 'hold.js'), root], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await expect(lockFolder(root)).rejects.toThrow(FolderInUseError)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await (await lockFolder(root))()
    expect(await readdir(root)).toEqual([])
    await rm(program, { recursive: true })
  })

  it.each([['torn', '{"pid":'], ['of an earlier boot', '{"pid":1,"identity":"another-boot:1"}'], ['empty', '']])('is taken over when it is %s', async (_name, text) => {
    await writeFile(join(root, 'lock'), text)
    await (await lockFolder(root))()
  })
})
