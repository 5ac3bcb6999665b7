import { readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'

/** The outside world as a command sees it; `appliance/main.ts` hands it over. */
export type CliHost = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream
  readonly signals: { once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown; off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown }
}

export type AddCommand = (program: Command, host: CliHost, setStatus: (code: number) => void) => void

/** A command was called in a way that can't work; the message says what to do. */
export class UsageError extends Error {}

/** The folder of package.json: this file is compiled to `<root>/dist/src/cli/`. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
/** The packs that came with the program. */
export const packsFolder = join(packageRoot, 'models-int8')

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version

/** `--data`, else SCREENPOST_DATA, else `./data`, absolute. */
export const dataFolderOf = (host: CliHost, flag: string | undefined): string =>
  resolve(flag ?? host.env['SCREENPOST_DATA'] ?? 'data')

/** Where the service takes its packs from: those that came with the program, and those that the centre sent into the data folder. */
export const packsFoldersOf = (host: CliHost, flag?: string): string => `${packsFolder}${delimiter}${join(dataFolderOf(host, flag), 'packs')}`

/** Where the thresholds lie that this site fitted on its own cases. */
export const thresholdsFolderOf = (host: CliHost, flag?: string): string => join(dataFolderOf(host, flag), 'thresholds')
