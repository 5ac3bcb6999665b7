import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import { decodeAsked } from './decode-asked.js'
import { inverted, writePng } from './derived-files.js'
import { PackShelf } from './pack-shelf.js'
import type { FromChild, RenderRequest, ToChild } from './protocol.js'
import { readObject } from './read-object.js'

/** The reader's process: `child.js <packs folder> [<thresholds folder> [<engines folder> [<milliseconds of quiet>]]]`, empty for none, spoken to over IPC. It ends when its parent does. */
const [, , packsFolder = '', thresholdsFolder = '', enginesFolder = '', quietMs = ''] = process.argv

/** Receiving and the page go first: a device that waits for its acknowledgement may give up, a verdict does not. */
const NICENESS = 5
setPriority(NICENESS)

/** Also while a decoder holds this thread. */
new Worker(new URL('./parent-watch.js', import.meta.url), { workerData: { parent: process.ppid }, resourceLimits: { maxOldGenerationSizeMb: 16 }, stdin: false, stdout: false, stderr: false }).unref()

const send = (message: FromChild): void => { if (process.connected) process.send?.(message) }
const progressed = (): void => send({ kind: 'progress' })

async function render({ path, frame, size, target, invert, filmPhoto }: RenderRequest): Promise<Result<string, Problem>> {
  const decoded = await decodeAsked({ path, filmPhoto })
  if (!decoded.ok) return decoded
  const { pixels } = decoded.value
  if (frame < 0 || frame >= pixels.frames) return err(problem('no-such-frame', `The object has ${pixels.frames} readable frames. Ask for frame 0 to ${pixels.frames - 1}.`))
  await writePng(invert ? inverted(pixels) : pixels, frame, { size, target })
  return ok(target)
}

/** An i/o error of the disk (also: the file is gone) is said in words; what else throws is a bug and ends the process. */
function diskProblem(error: unknown): Problem {
  if (error instanceof Error && 'syscall' in error) return problem('file-unreadable', `The file can't be read or its pictures can't be written (${String((error as NodeJS.ErrnoException).code)}). Check that it is there and that the disk is well.`)
  throw error
}

async function answer(message: ToChild, shelf: PackShelf): Promise<void> {
  const { id } = message
  if (message.kind === 'render') {
    return send({ kind: 'rendered', id, result: await render(message.request).catch((error: unknown) => err(diskProblem(error))) })
  }
  // Proving the gate belongs to the start and not to the first reading's time.
  await shelf.loadGate()
  const result = await stat(message.request.path).then(() => readObject(message.request, shelf, () => performance.now(), progressed)).catch((error: unknown) => err(diskProblem(error)))
  send({ kind: 'reading', id, result })
}

async function main(): Promise<void> {
  const pending: ToChild[] = []
  process.on('message', (message: ToChild) => pending.push(message))
  process.once('disconnect', () => process.exit(0))
  // A terminal and systemd signal the whole group; the parent finishes its step first and then ends this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  const shelf: PackShelf = await PackShelf.open(packsFolder, { ...(thresholdsFolder && { thresholdsFolder }), ...(enginesFolder && { enginesFolder }) }, { changed: () => report(false), progressed })
  const report = (ready: boolean): void => send({ kind: 'status', provider: shelf.provider, packs: shelf.states(), ready })
  report(false)
  const loading = shelf.loadAll().then(() => report(true))
  let work: Promise<void> = Promise.resolve()
  let quiet: NodeJS.Timeout | undefined
  /** On a battery models leave the memory when nobody has sent anything for a while. */
  const rest = (): void => {
    clearTimeout(quiet)
    if (Number(quietMs) > 0) quiet = setTimeout(() => { work = work.then(() => shelf.unload()) }, Number(quietMs))
  }
  const take = (message: ToChild): void => { work = work.then(() => answer(message, shelf)).then(rest) }
  process.removeAllListeners('message')
  process.on('message', take)
  pending.forEach(take)
  await loading
  rest()
}

await main()
