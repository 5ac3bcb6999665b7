import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '../config/config.js'
import { parseConfig } from '../config/parse-config.js'
import { deviceKinds } from '../devices/registry.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import { transportKinds } from '../uplink/transports/registry.js'
import type { CliHost } from './host.js'
import { dataFolderOf } from './host.js'

/** Flags, environment and site file to a checked configuration, or every problem at once. */
export async function loadConfig(host: CliHost, options: { data?: string; config?: string }): Promise<Result<Config, Problem[]>> {
  const site = options.config === undefined ? ok(undefined) : await readJson(options.config)
  if (!site.ok) return err([site.error])
  const dataFolder = dataFolderOf(host, options.data)
  return parseConfig({ env: host.env, dataFlag: dataFolder, defaultDataFolder: dataFolder, site: site.value, deviceKinds, destinationKinds: transportKinds })
}

/** Everything that is wrong with the content of a site file that is not in use yet. */
export function checkSite(host: CliHost, { site, data }: { site: unknown; data: string }): Problem[] {
  const parsed = parseConfig({ env: host.env, dataFlag: data, defaultDataFolder: data, site, deviceKinds, destinationKinds: transportKinds })
  return parsed.ok ? [] : [...parsed.error]
}

async function readJson(path: string): Promise<Result<unknown, Problem>> {
  try {
    return ok(JSON.parse(await readFile(resolve(path), 'utf8')))
  } catch (error) {
    const why = error instanceof SyntaxError ? `is not JSON (${error.message})` : 'can not be read; check the path and its permissions'
    return err(problem('bad-site-file', why, path))
  }
}

export const renderProblems = (problems: readonly Problem[]): string =>
  problems.map((each) => `${each.path ? `${each.path}: ` : ''}${each.message}\n`).join('')
