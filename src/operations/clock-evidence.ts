import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false)

/** Whether the kernel's clock is kept right by the network: systemd-timesyncd's mark, else what adjtimex(2) says through `timedatectl`. */
export async function isNetworkSynchronised(): Promise<boolean> {
  if (await exists('/run/systemd/timesync/synchronized')) return true
  if (!(await exists('/run/systemd/system'))) return false
  const { stdout } = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: 5_000 })
  return stdout.trim() === 'yes'
}

/** Whether the machine has a clock with a battery of its own (rtc(4)). */
export const hasBatteryClock = (): Promise<boolean> => exists('/sys/class/rtc/rtc0')
