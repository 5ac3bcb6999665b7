import { parentPort, workerData } from 'node:worker_threads'

/**
 * Runs in a thread of the reader's process and ends all of it when its parent is gone: a decoder that hangs keeps the main thread from hearing
 * that, and would take a core and its memory for ever.
 */
const { parent } = workerData as { parent: number }
const EVERY_MS = 500

setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, EVERY_MS)
parentPort?.unref()
