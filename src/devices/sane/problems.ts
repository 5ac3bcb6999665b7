import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { ProgramEnd } from '../../platform/program.js'

export const saneMissing: Problem =
  problem('program-missing', 'The program scanimage is not installed on this computer. Install it (Debian: apt install sane-utils); it is tried again by itself.')

export const noScanner: Problem =
  problem('device-gone', 'No scanner is found. Switch it on and plug it in; it is tried again by itself. If it stays away, `scanimage -L` on this computer must show it.')

export const otherScanner = (device: string): Problem =>
  problem('device-gone', `The scanner ${device} is not found. Switch it on and plug it in; if it was replaced, correct \`device\`. It is tried again by itself.`)

export const alreadyScanning: Problem = problem('already-scanning', 'A scan is under way. Wait until it ends, or abort it.')
export const notScanning: Problem = problem('not-scanning', 'No scan is under way.')
export const scanAborted: Problem = problem('scan-aborted', 'The scan was aborted. Nothing was stored; scan the film again.')

export const scanStalled = (seconds: number): Problem =>
  problem('scan-stalled', `The scanner has not moved for ${seconds} seconds, and the scan was ended. Look whether the film is jammed, switch the scanner off and on, and scan again.`)

/** Exit statuses of scanimage are SANE's own (SANE standard 1.06, table 1). */
const STATUS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  3: ['device-busy', 'Another program uses the scanner. End it and scan again.'],
  6: ['scanner-jammed', 'The feeder is jammed. Take the film out, lay it in straight and scan again.'],
  7: ['scanner-empty', 'There is no film in the feeder. Lay one in and scan again.'],
  8: ['scanner-open', 'The lid is open. Close it and scan again.'],
  9: ['io-error', 'The connection to the scanner failed. Check its cable, switch it off and on, and scan again.'],
  10: ['scanner-memory', 'The scanner has no memory for so large a scan. Lower `resolutionDpi`.'],
  11: ['not-permitted', 'The service may not use the scanner. Add its user to the group scanner.']
}

/** Why scanimage ended without a picture. What it said is only classified. */
export function scanProblem({ code, stderr, startError }: ProgramEnd): Problem {
  if (startError !== undefined) return saneMissing
  if (/setting of option|unrecognized option|invalid option|option --?\S+/i.test(stderr)) {
    return problem('scanner-settings', 'The scanner does not know one of the settings. Compare `mode`, `depth`, `source`, `resolutionDpi` and `settings` with what `scanimage -A` shows for it.')
  }
  if (/open of device/i.test(stderr)) return noScanner
  const known = STATUS[code ?? -1]
  return known ? problem(...known) : problem('scan-failed', 'The scan failed. Switch the scanner off and on and scan again.')
}
