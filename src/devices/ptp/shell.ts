import type { Problem } from '../../domain/problem.js'
import { waitMs } from '../../platform/backoff.js'
import type { RunningProgram } from '../../platform/program.js'
import { startProgram } from '../../platform/program.js'
import type { PtpOptions } from './options.js'
import { cameraDeaf, endProblem } from './problems.js'

const PROMPT = /gphoto2: \{[^\n]*\} [^\n]*> $/
const SETTLE_MS = 15

/** Said of a shell that ended, with the reason in words. */
export class ShellEnded extends Error {
  constructor(readonly problem: Problem) { super(problem.code) }
}

/** gphoto2's own shell, one command at a time: it holds the camera open as long as it runs. */
export class CameraShell {
  readonly #program: RunningProgram
  #text = ''
  #heard: () => void = () => undefined
  #gone: Problem | undefined
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(private readonly options: PtpOptions, folder: string, program: string) {
    const { camera, port } = options
    this.#program = startProgram(program, [...(camera === undefined ? [] : ['--camera', camera]), ...(port === undefined ? [] : ['--port', port]), '--quiet', '--shell'], { cwd: folder, stdin: true })
    const take = (text: string): void => { this.#text += text; this.#heard() }
    this.#program.pipe(1).on('data', (chunk: Buffer) => take(chunk.toString('utf8')))
    this.#program.onStderr((text) => { this.#text = text + this.#text })
    void this.#program.ended.then((end) => { this.#gone ??= endProblem(end); this.#heard() })
  }

  /** Resolves at the first prompt. @throws ShellEnded */
  static async open(options: PtpOptions, { folder, program = 'gphoto2' }: { readonly folder: string; readonly program?: string }): Promise<CameraShell> {
    const shell = new CameraShell(options, folder, program)
    try {
      await shell.#answer()
      return shell
    } catch (error) {
      await shell.stop()
      throw error
    }
  }

  /** What the camera said to a command, errors included. @throws ShellEnded when it is gone or deaf */
  run(command: string): Promise<string> {
    const result = this.#turn.then(() => {
      if (this.#gone) throw new ShellEnded(this.#gone)
      this.#text = ''
      this.#program.write(`${command}\n`)
      return this.#answer()
    })
    this.#turn = result.catch(() => undefined)
    return result
  }

  async stop(): Promise<void> { await this.#program.stop() }

  async #answer(): Promise<string> {
    const late = AbortSignal.timeout(this.options.answerSeconds * 1000)
    while (!PROMPT.test(this.#text)) {
      if (this.#gone) throw new ShellEnded(this.#gone)
      if (late.aborted) {
        this.#gone = cameraDeaf
        void this.stop()
        throw new ShellEnded(cameraDeaf)
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve
        late.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    // Its errors come by another pipe than its prompt.
    await waitMs(SETTLE_MS)
    return this.#text.replace(PROMPT, '').replace(/^[^\n]*\n/, (line) => (/\*\*\*/.test(line) ? line : ''))
  }
}
