import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import notify from 'systemd-notify'
import { reasonOf } from './reason-of.js'
import type { Log } from './log.js'

const run = promisify(execFile)

export type ServiceNotify = {
  ready(): Promise<void>
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>
  stopping(): Promise<void>
  /** Feeds the watchdog twice per period, but only while `isAlive` says true. */
  startWatchdog(isAlive: () => Promise<boolean>): void
  stop(): void
}

/**
 * Speaks to systemd (sd_notify(3)) through the `systemd-notify` program; the unit needs `NotifyAccess=all`.
 * Without NOTIFY_SOCKET nothing is ever started. A message that can't be sent is logged, never thrown.
 */
export function createServiceNotify(env: { NOTIFY_SOCKET?: string; WATCHDOG_USEC?: string }, log: Log): ServiceNotify {
  const enabled = Boolean(env.NOTIFY_SOCKET)
  const periodMs = Number(env.WATCHDOG_USEC ?? 0) / 1000
  let timer: NodeJS.Timeout | undefined
  const attempt = async (send: () => Promise<unknown>): Promise<void> => {
    if (!enabled) return
    await send().catch((error: unknown) => log.warn('systemd-notify-failed', { reason: reasonOf(error) }))
  }
  const sendLine = (line: string): Promise<void> => attempt(() => run('systemd-notify', [`--pid=${process.pid}`, line]))
  return {
    ready: () => attempt(() => notify({ ready: true })),
    status: (text) => attempt(() => notify({ status: text })),
    stopping: () => sendLine('STOPPING=1'),
    startWatchdog(isAlive) {
      if (!enabled || !(periodMs > 0) || timer) return
      timer = setInterval(() => void feed(isAlive, log, () => sendLine('WATCHDOG=1')), periodMs / 2)
      timer.unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    }
  }
}

async function feed(isAlive: () => Promise<boolean>, log: Log, send: () => Promise<void>): Promise<void> {
  const alive = await isAlive().catch(() => false)
  if (alive) await send()
  else log.error('watchdog-not-fed', { hint: 'store, disk or reader does not answer' })
}
