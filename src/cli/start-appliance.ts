import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Appliance } from '../compose.js'
import type { Config } from '../config/config.js'
import type { Problem } from '../domain/problem.js'
import { Ballast } from '../operations/ballast.js'
import { isDiskFull, startTrouble } from '../operations/start-trouble.js'
import { backoffMs, waitMs } from '../platform/backoff.js'
import type { Log } from '../platform/log.js'
import type { TroublePage } from '../web/trouble-page.js'

type Start = { readonly config: Config; readonly log: Log; readonly signal: AbortSignal; compose(): Promise<Appliance>; /** A page says why nothing starts. */ inTrouble(url: string, problem: Problem): void }

const PATIENCE = { baseMs: 1_000, maxMs: 20_000 }

/**
 * The appliance, tried for as long as the disk stands in the way: meanwhile a page says so on the same port, so that a person finds out at the
 * place where they look. Undefined when asked to stop before that. Any other error is thrown.
 */
export async function startAppliance({ config, log, signal, compose, inTrouble }: Start): Promise<Appliance | undefined> {
  let trouble: Problem | undefined
  let page: TroublePage | undefined
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await page?.close()
      page = undefined
      return await compose()
    } catch (error) {
      trouble = startTrouble(error)
      if (!trouble) throw error
      log.error('start-refused', { code: trouble.code, reason: (error as NodeJS.ErrnoException).code ?? (error as Error).name })
      if (isDiskFull(error) && (await new Ballast(config.dataFolder, 0).drop())) continue
      page = await openPage(config, trouble)
      inTrouble(page.url, trouble)
      await waitMs(PATIENCE.baseMs + backoffMs(failures, Math.random, PATIENCE), signal)
    }
  }
  await page?.close()
  return undefined
}

async function openPage({ http, https, dataFolder }: Config, problem: Problem): Promise<TroublePage> {
  const { startTroublePage } = await import('../web/trouble-page.js')
  const pem = await readFile(join(dataFolder, 'access', 'tls', 'server.pem'), 'utf8').catch(() => undefined)
  return startTroublePage({ http, problem: () => problem, ...(pem === undefined ? {} : { https: { port: https.port, pem } }) })
}
