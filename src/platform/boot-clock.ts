import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { BootTime } from '../domain/study.js'

/** Which boot this is, and seconds since it; neither depends on the wall clock (random(4), proc(5)). */
export function bootTime(): BootTime {
  return { bootId: bootId(), uptimeSeconds: uptimeSeconds() }
}

let known: string | undefined
function bootId(): string {
  known ??= readOr('/proc/sys/kernel/random/boot_id', 'unknown').trim()
  return known
}

const uptimeSeconds = (): number => Number(readOr('/proc/uptime', '').split(' ')[0]) || uptime()

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
