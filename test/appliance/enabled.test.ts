import { execFile } from 'node:child_process'
import { access, readFile, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applianceRoot, repository } from './root.js'

const run = promisify(execFile)
const MAIN = '/opt/screenpost/dist/appliance/main.js'

/** What units and the programs beside them call, held against what there is: a timer for a command nobody wrote must not ship. */
describe('units that call something', () => {
  let root: string
  let units: ReadonlyMap<string, string>
  let commands: ReadonlySet<string>
  let scripts: ReadonlyMap<string, string>
  const textsOf = async (folder: string): Promise<Map<string, string>> => new Map(await Promise.all((await readdir(join(repository, folder))).map(async (name) => [name, await readFile(join(repository, folder, name), 'utf8')] as const)))
  const help = async (...command: string[]): Promise<string[]> => {
    const { stdout } = await run(process.execPath, [join(repository, 'dist/appliance/main.js'), ...command, '--help'])
    return [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!)
  }
  const lines = (name: string): string[] => [...units].flatMap(([unit, text]) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => `${unit}: ${value}`))
  beforeAll(async () => {
    root = await applianceRoot()
    units = await textsOf('appliance/systemd')
    scripts = await textsOf('appliance/libexec')
    commands = new Set([...await help(), ...(await help('provision')).map((name) => `provision ${name}`), ...(await help('update')).map((name) => `update ${name}`)])
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('call commands of screenpost that exist', () => {
    const called = [...lines('ExecStart'), ...[...scripts].flatMap(([name, text]) => text.split('\n').map((line) => `${name}: ${line}`))]
      .flatMap((line) => [.../(?:main\.js|"\$program"|^\S+: +screenpost) ((?:provision |update )?[a-z-]+)/.exec(line)?.slice(1) ?? []])
    expect(called).toEqual(expect.arrayContaining(['serve', 'provision apply', 'update take', 'backup']))
    expect(called.filter((command) => !commands.has(command))).toEqual([])
  })

  it('call programs that the appliance brings', async () => {
    const ours = lines('Exec\\w+').flatMap((line) => [...line.matchAll(/\/usr\/lib\/screenpost\/\S+/g)].map(([path]) => path))
    expect(ours.length).toBeGreaterThan(8)
    await Promise.all(ours.map((path) => access(join(root, path))))
    expect(lines('ExecStart').filter((line) => line.includes('main.js') && !line.includes(MAIN))).toEqual([])
  })

  it('have a job for every timer and a service for every path', () => {
    const job = scripts.get('job') ?? ''
    for (const line of lines('Unit')) {
      const [, instance] = /screenpost-job@(\w+)\.service/.exec(line) ?? []
      if (instance !== undefined) expect(job).toMatch(new RegExp(`^ {2}${instance}\\)`, 'm'))
    }
    const started = [...units].filter(([name]) => /\.(timer|path)$/.test(name)).map(([name, text]) => /^Unit=(.*)$/m.exec(text)?.[1] ?? name.replace(/\.(timer|path)$/, '.service'))
    expect(started.map((name) => name.replace(/@.*\./, '@.')).filter((name) => !units.has(name))).toEqual([])
  })

  it('are enabled when they say where they belong, on every target, and each of them exists', async () => {
    const folder = join(root, 'etc/systemd/system')
    const wants = (await readdir(folder)).filter((name) => name.endsWith('.wants'))
    const enabled = (await Promise.all(wants.map(async (target) => (await readdir(join(folder, target))).map((unit) => [unit, target] as const)))).flat()
    for (const [unit, target] of enabled) await access(join(root, await readlink(join(folder, target, unit))))
    const wanted = [...units].flatMap(([name, text]) => [...text.matchAll(/^WantedBy=(.*)$/gm)].map(([, target]) => `${target}.wants/${name}`))
    expect(enabled.map(([unit, target]) => `${target}/${unit}`).sort()).toEqual(wanted.sort())
    for (const unit of ['screenpost-clock.path', 'screenpost-settings.path', 'screenpost-backup.timer', 'efi.mount']) expect(enabled.map(([name]) => name)).toContain(unit)
    expect(await readlink(join(folder, 'default.target'))).toBe('/usr/lib/systemd/system/screenpost.target')
  })

  it('enables only units of Debian in finish-system.sh that the image has packages for', async () => {
    const [, named = ''] = /^run systemctl enable (.*)$/m.exec(await readFile(join(repository, 'scripts/flash/finish-system.sh'), 'utf8')) ?? []
    const lock = await readFile(join(repository, 'scripts/flash/x86/packages.lock'), 'utf8')
    const packages: Readonly<Record<string, string>> = { 'systemd-networkd.service': 'systemd', 'systemd-resolved.service': 'systemd-resolved', 'systemd-timesyncd.service': 'systemd-timesyncd', 'nftables.service': 'nftables' }
    for (const unit of named.split(' ')) expect(lock).toMatch(new RegExp(`^${packages[unit] ?? `unknown unit ${unit}`}=`, 'm'))
  })
})
