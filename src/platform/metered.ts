import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { waitMs } from './backoff.js'

/** Modems, dialled lines and phones on a cable. */
const PAID = /^(wwan|ppp|usb|rndis|wwp)/
const LOOK_EVERY_MS = 30_000
const NMCLI_TIMEOUT_MS = 5_000

/** The interface of the default route in the text of /proc/net/route; undefined when there is no way out. */
export const defaultInterface = (routes: string): string | undefined =>
  routes.split('\n').slice(1).map((line) => line.split('\t')).find(([, destination, , flags]) => destination === '00000000' && (Number.parseInt(flags ?? '0', 16) & 1) === 1)?.[0]

/** What NetworkManager says of an interface (`yes`, `no (guessed)`...), else what its name tells. */
export const isPaid = (name: string, networkManager: string): boolean => (/^(yes|no)/.test(networkManager) ? networkManager.startsWith('yes') : PAID.test(name))

/** Knows whether the way out is paid by its bytes: a phone's hot spot says so to NetworkManager. Looks again now and then until the signal aborts. */
export function watchMetered(signal: AbortSignal): () => boolean {
  let metered = false
  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      const name = defaultInterface(await readFile('/proc/net/route', 'utf8').catch(() => ''))
      metered = name !== undefined && isPaid(name, await askNetworkManager(name))
      await waitMs(LOOK_EVERY_MS, signal)
    }
  }
  void look()
  return () => metered
}

const askNetworkManager = (name: string): Promise<string> =>
  promisify(execFile)('nmcli', ['-g', 'GENERAL.METERED', 'device', 'show', name], { timeout: NMCLI_TIMEOUT_MS }).then(({ stdout }) => stdout.trim(), () => '')
