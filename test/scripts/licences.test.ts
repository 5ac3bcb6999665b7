import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../flows/peers.js'

const run = promisify(execFile)
const repository = resolve(import.meta.dirname, '../..')

describeWith(['dpkg'], 'the list of what is in an image', () => {
  let root: string
  const at = (path: string): string => join(root, path)
  const debian = async (name: string, copyright: string): Promise<void> => {
    await mkdir(at(`usr/share/doc/${name}`), { recursive: true })
    await writeFile(at(`usr/share/doc/${name}/copyright`), copyright)
    await writeFile(at('var/lib/dpkg/status'), `${await readFile(at('var/lib/dpkg/status'), 'utf8').catch(() => '')}Package: ${name}\nStatus: install ok installed\nMaintainer: X <x@example.org>\nArchitecture: amd64\nVersion: 1.0-1\nDescription: x\n\n`)
  }
  const list = async (): Promise<{ status: number; text: string; licences: Record<string, string[]> }> => {
    const said = await run('node', ['scripts/sbom/main.mjs', '--root', root, '--out', at('sbom.json')], { cwd: repository }).then(({ stdout }) => ({ status: 0, text: stdout }), (error: { code: number; stdout: string }) => ({ status: error.code, text: error.stdout }))
    const { components } = JSON.parse(await readFile(at('sbom.json'), 'utf8')) as { components: { name: string; licenses: { license?: { id?: string; name?: string }; expression?: string }[] }[] }
    return { ...said, licences: Object.fromEntries(components.map(({ name, licenses = [] }) => [name, licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression ?? '')])) }
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'screenpost-sbom-'))
    await mkdir(at('var/lib/dpkg/updates'), { recursive: true })
    await mkdir(at('opt'), { recursive: true })
    // npm's packages as the image has them: their own words are read where the lock has none.
    for (const name of ['busboy', 'streamsearch', 'systemd-notify', 'memorystream', 'htmx.org', 'png-js', 'combine-errors', 'dejavu-fonts-ttf']) {
      await cp(join(repository, 'node_modules', name), at(`opt/screenpost/node_modules/${name}`), { recursive: true, filter: (path) => !/\.(ttf|woff2?|js)$/.test(path) || path.endsWith('png-js') || path.endsWith('.org') })
    }
    await debian('short', 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nFiles: *\nLicense: GPL-2+\nFiles: b\nLicense: Expat\n')
    await debian('words', 'This is free software; see /usr/share/common-licenses/LGPL-2.1.\n* Permission is hereby granted, free of\n * charge, to any person obtaining a copy\n')
    await debian('intel-microcode', 'Redistribution and use in binary form, without modification')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('names the licences of everything: in short names, in words, or as a person read them', async () => {
    const { status, text, licences } = await list()
    expect([status, text]).toEqual([0, expect.stringContaining('no licence found for 0')])
    expect(licences).toMatchObject({ short: ['Expat', 'GPL-2+'], words: ['LGPL-2.1', 'MIT'], 'intel-microcode': [expect.stringContaining('Intel microcode licence')], busboy: ['MIT'], 'png-js': ['MIT'], 'combine-errors': ['MIT'], 'onnxruntime-node': ['MIT'] })
  }, 60_000)

  it('is not made with something in it that says nothing', async () => {
    await debian('silent', 'Copyright 1995 somebody')
    expect(await list()).toMatchObject({ status: 1, text: expect.stringContaining('no licence found for 1: silent@1.0-1') as string })
  }, 60_000)
})
