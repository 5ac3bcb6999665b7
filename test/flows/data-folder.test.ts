import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeData, settledStudies, startAppliance, temporaryData } from './appliance.js'
import type { RunningAppliance } from './appliance.js'
import { fundusJpeg } from './pictures.js'

const root = resolve(import.meta.dirname, '../..')

/** Paths of the table, as segments; `<...>` stands for any name. */
async function documented(): Promise<readonly (readonly string[])[]> {
  const text = await readFile(join(root, 'docs/data-folder.md'), 'utf8')
  const cells = text.split('\n## ')[0]!.split('\n').flatMap((line) => /^\| (`.+?`) \|/.exec(line)?.[1] ?? [])
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path!.replace(/\/$/, '').split('/')))
}
const fits = (name: string, segment: string | undefined): boolean => segment !== undefined && (segment.includes('<') ? !name.startsWith('.') : segment === name)

/** Folders named in the sources as lying in the data folder. */
async function named(): Promise<string[]> {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((path) => /^(compose|cli|operations|store|provisioning)\b.*\.ts$/.test(path) && !path.startsWith('cli/receive'))
  const found = await Promise.all(files.map(async (path) => {
    const text = await readFile(join(root, 'src', path), 'utf8')
    const inRoot = /^(operations|store)/.test(path) ? [...text.matchAll(/join\((?:options\.)?root, '([\w.-]+)/g)] : []
    return [...text.matchAll(/\bfolder\('([\w.-]+)/g), ...text.matchAll(/join\((?:\w+\.)?(?:dataFolder|data), '([\w.-]+)/g), ...inRoot].map(([, name]) => name!)
  }))
  return found.flat()
}

describe('the data folder', () => {
  let appliance: RunningAppliance
  let centre: string
  beforeAll(async () => {
    centre = await temporaryData()
    const recipient = await identityToRecipient(await generateX25519Identity())
    const site = join(centre, 'site.json')
    await writeFile(site, JSON.stringify({
      devices: [{ id: 'screen', kind: 'video', options: { input: 'pattern:testsrc2' } }, { id: 'camera', kind: 'ptp', options: {} }, { id: 'card', kind: 'mass-storage', options: { root: join(centre, 'media') } }],
      destinations: [{ id: 'stick', kind: 'folder', folder: join(centre, 'slot'), recipient, sameDisk: true }]
    }))
    appliance = await startAppliance({ args: ['--config', site], withoutDicom: true })
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(await fundusJpeg(3))]), 'eye.jpg')
    expect((await fetch(`${appliance.url}/api/v1/uploads`, { method: 'POST', headers: { authorization: `Bearer ${await appliance.token('operator')}` }, body: form })).status).toBe(200)
    await settledStudies(appliance, 1)
  }, 120_000)
  afterAll(async () => {
    await appliance?.stop()
    for (const data of [appliance?.data, centre]) if (data) await removeData({ data })
  })

  it('has a row for every place in it that the code names', async () => {
    const rows = await documented()
    const names = await named()
    for (const known of ['studies', 'uplink', 'devices', 'engines', 'packs', 'worklist']) expect(names).toContain(known)
    expect([...new Set(names)].filter((name) => !rows.some(([first]) => first === name))).toEqual([])
  })

  it('has a row for everything that lies in it, and where a row goes deeper for every folder there', async () => {
    const rows = await documented()
    const undocumented: string[] = []
    for (const entry of await readdir(appliance.data, { withFileTypes: true })) {
      const own = rows.filter(([first]) => first === entry.name)
      if (own.length === 0) undocumented.push(entry.name)
      if (!entry.isDirectory() || !own.some(({ length }) => length > 1)) continue
      for (const below of await readdir(join(appliance.data, entry.name), { withFileTypes: true })) {
        if (below.isDirectory() && !own.some(([, second]) => fits(below.name, second))) undocumented.push(`${entry.name}/${below.name}`)
      }
    }
    expect(undocumented).toEqual([])
    expect((await readdir(join(appliance.data, 'devices'))).sort()).toEqual(['camera', 'card', 'screen'])
  })
})
