import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** In place of `systemd-notify` a program that writes down how it was called, first in PATH for each test of the file. */
export function fakeNotifyProgram(): { readonly folder: () => string; readonly calls: () => Promise<string[]> } {
  let folder: string
  const path = process.env['PATH']
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-notify-'))
    await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`)
    await chmod(join(folder, 'systemd-notify'), 0o755)
    process.env['PATH'] = `${folder}${delimiter}${path}`
  })
  afterEach(async () => {
    process.env['PATH'] = path
    await rm(folder, { recursive: true, force: true })
  })
  return { folder: () => folder, calls: async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean) }
}
