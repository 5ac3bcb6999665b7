import { renameSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/** Of the process that is measured: where the answer is written. */
export const ANSWER_FILE = 'SCREENPOST_LIVE_MEMORY'

/** Preloaded into a service that is measured: SIGUSR2 collects what nobody holds any more and writes down what is left, in bytes. */
function answerOnSignal(file: string): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => {
    collect()
    collect()
    const { heapUsed, external } = process.memoryUsage()
    writeFileSync(`${file}.new`, JSON.stringify({ bytes: heapUsed + external }))
    renameSync(`${file}.new`, file)
  })
}

const file = process.env[ANSWER_FILE]
if (isMainThread && file) answerOnSignal(file)
