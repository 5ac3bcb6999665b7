import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'

export const scannerGone = (path: string): Problem =>
  problem('device-gone', `The barcode scanner on ${path} was unplugged. Plug it in; it is opened again by itself. Meanwhile type the number.`)

export const scannerNoise = (path: string, baudRate: number): Problem =>
  problem('garbage-on-line', `What comes from ${path} makes no sense. Set the scanner to ${baudRate} baud, 8 data bits, no parity, 1 stop bit (its manual has a page of codes for that).`)
