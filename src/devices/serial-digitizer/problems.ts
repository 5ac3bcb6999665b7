import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { DeviceState, Refusal } from './messages.js'

/** Everything the digitizer's link may say to a person. None holds patient data: the protocol carries none. */
export const silentLine = (path: string): Problem =>
  problem('no-answer', `Nothing answers on ${path}. Switch the digitizer on and check its cable; it is tried again by itself.`)

export const garbageOnLine = (path: string, baudRate: number, bytes: number): Problem =>
  problem('garbage-on-line', `${bytes} bytes came from ${path} and none made sense. Set the same speed on both sides (here ${baudRate} baud), 8 data bits, no parity, 1 stop bit, no XON/XOFF.`)

export const otherVersion = (version: number): Problem =>
  problem('protocol-version', `The digitizer speaks version ${version} of the protocol, this program version 1. Update the older of the two.`)

export const deviceFault = ({ faultCode, text }: DeviceState): Problem =>
  problem('device-fault', `The digitizer reports fault ${faultCode}${text ? `: ${text}` : ''}. Clear it at the digitizer; the scan goes on by itself.`)

export const scanStalled = (lines: number, seconds: number): Problem =>
  problem('scan-stalled', `The scan stands still at line ${lines} for ${seconds} seconds. Look whether the film is jammed; the lines that came are kept.`)

export const scanNeverEnds = (maxLines: number): Problem =>
  problem('scan-never-ends', `The scan went past ${maxLines} lines and was stopped. Scan the film again; if films are truly that long, raise \`maxLines\`.`)

export const scanLost = (lines: number): Problem =>
  problem('scan-lost', `The digitizer forgot its scan after ${lines} lines had come. Scan the film again.`)

export const linesGone: Problem =
  problem('lines-gone', 'The digitizer no longer has lines that were lost on the way. Scan the film again.')

export const scanDamaged: Problem =
  problem('scan-damaged', 'All lines came, but the checksum of the whole image does not match. It is fetched again; if this stays, the digitizer needs service.')

export const scanRefused = ({ code, text }: Refusal): Problem =>
  problem('scan-refused', `The digitizer does not start a scan (code ${code}${text ? `: ${text}` : ''}). Insert a film and try again.`)

export const noRoom = (bytes: number): Problem =>
  problem('store-full', `There is no room for a scan of ${Math.ceil(bytes / 1e6)} MB. Free space or connect the uplink; the digitizer keeps the scan.`)

export const portGone = (path: string): Problem =>
  problem('device-gone', `The digitizer on ${path} was unplugged or switched off. Plug it in; a scan goes on at its last good line.`)
