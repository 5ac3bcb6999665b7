import { readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { expect, it } from 'vitest'
import { commands } from '../../src/cli/main.js'

const repository = resolve(import.meta.dirname, '../..')
const host = { argv: [], env: {}, stdout: process.stdout, stderr: process.stderr, signals: { once: () => undefined, off: () => undefined } }

it('every command, with what it has below it, stands in the table of README.md', async () => {
  const program = new Command()
  for (const add of commands) add(program, host, () => undefined)
  const [, table] = (await readFile(join(repository, 'README.md'), 'utf8')).split('## Commands')
  const rows = table!.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split(' | ')[0]!)
  const names = (text: string, name: string): boolean => new RegExp(`(^|[^-\\w])${name}($|[^-\\w])`).test(text)
  const missing = program.commands.flatMap((command) => {
    const row = rows.find((each) => names(each, command.name()))
    return row === undefined ? [command.name()] : command.commands.filter((each) => !names(row, each.name())).map((each) => `${command.name()} ${each.name()}`)
  })
  expect(missing).toEqual([])
})

it('every page of docs/ is named in README.md', async () => {
  const readme = await readFile(join(repository, 'README.md'), 'utf8')
  const pages = (await readdir(join(repository, 'docs'))).filter((name) => name.endsWith('.md'))
  expect(pages.filter((name) => !readme.includes(`docs/${name}`))).toEqual([])
})
