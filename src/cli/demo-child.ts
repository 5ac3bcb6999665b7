import { createLog } from '../platform/log.js'
import type { DemoOrder } from './demo-clinic.js'
import { runDemoClinic } from './demo-clinic.js'

/** The devices of a demonstration and the people at its page, in a process of their own; it ends when its parent does, or says so. */
const stop = new AbortController()
const END_WITHIN_MS = 1000

process.once('disconnect', () => {
  stop.abort()
  setTimeout(() => process.exit(0), END_WITHIN_MS).unref()
})
process.on('SIGINT', () => undefined)
process.once('message', (order: DemoOrder) => {
  void runDemoClinic({ ...order, log: createLog({ level: 'warn', destination: process.stderr }), signal: stop.signal }).then(() => process.exit(0), () => process.exit(1))
})
