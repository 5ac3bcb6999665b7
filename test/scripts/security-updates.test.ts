import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = resolve(import.meta.dirname, '../../scripts/sbom/security-updates.mjs')
const check = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args]).then(({ stdout }) => ({ status: 0, stdout }), ({ code, stdout }: { code: number; stdout: string }) => ({ status: code, stdout }))
const entry = (name: string, version: string): string => `Package: ${name}\nArchitecture: amd64\nVersion: ${version}\nDescription: x\n`

describe('what Debian has mended since the image was locked', () => {
  let folder: string
  const archive = async (...entries: string[]): Promise<string> => {
    await writeFile(join(folder, 'Packages'), entries.join('\n'))
    return join(folder, 'Packages')
  }
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'screenpost-security-')) })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is named with both versions, the newest one, and fails', async () => {
    expect(await check('--packages', await archive(entry('nodejs', '1.0'), entry('nodejs', '99:2.0'), entry('nodejs', '99:1.0'), entry('no-such-package', '99:1.0')))).toMatchObject({ status: 1, stdout: expect.stringMatching(/^nodejs \S+ -> 99:2\.0\n.*2 packages in the archive, 1 of the image/) as string })
  })

  it('is nothing where the image is as new or newer', async () => {
    expect(await check('--packages', await archive(entry('nodejs', '0.1'), entry('zlib1g', '0.1')))).toMatchObject({ status: 0, stdout: expect.stringContaining('0 of the image are behind') as string })
  })

  it('is not known where the archive can not be read, and that is said', async () => {
    expect(await check('--mirror', 'http://127.0.0.1:9')).toMatchObject({ status: 3, stdout: expect.stringContaining('NOTHING WAS CHECKED') as string })
  })
})
