import type { Problem } from '../../domain/problem.js'
import type { Result } from '../../domain/result.js'
import { err, ok } from '../../domain/result.js'
import type { RunningProgram } from '../../platform/program.js'
import { runProgram, startProgram } from '../../platform/program.js'
import type { SaneOptions } from './options.js'
import { noScanner, otherScanner, saneMissing, scanProblem, scanStalled } from './problems.js'

export type Scanner = { readonly device: string; readonly words: string }

const LIST_WITHIN_MS = 8_000
const SEPARATOR = '\t'

const envOf = ({ configFolder }: SaneOptions): Record<string, string> => (configFolder === undefined ? {} : { SANE_CONFIG_DIR: configFolder })

/** Scanners that SANE finds, with maker and model. */
export async function listScanners(options: SaneOptions, signal?: AbortSignal): Promise<Result<Scanner[], Problem>> {
  const { stdout, code, startError } = await runProgram('scanimage', ['-f', `%d${SEPARATOR}%v %m%n`], { timeoutMs: LIST_WITHIN_MS, env: envOf(options), signal })
  if (startError !== undefined) return err(saneMissing)
  if (code !== 0) return err(noScanner)
  return ok(stdout.toString('utf8').split('\n').filter((line) => line.includes(SEPARATOR)).map((line) => {
    const [device = '', words = ''] = line.split(SEPARATOR)
    return { device, words: words.trim() }
  }))
}

/** The configured scanner, or the first. */
export async function findScanner(options: SaneOptions, signal?: AbortSignal): Promise<Result<Scanner, Problem>> {
  const found = await listScanners(options, signal)
  if (!found.ok) return found
  const scanner = options.device === 'auto' ? found.value[0] : found.value.find(({ device }) => device === options.device)
  return scanner ? ok(scanner) : err(options.device === 'auto' ? noScanner : otherScanner(options.device))
}

/** No shell is between; the folder's own name decides nothing. */
export function scanArguments(options: SaneOptions, { device, dpi, path }: { readonly device: string; readonly dpi: number; readonly path: string }): string[] {
  const { mode, depth, source, widthMm, heightMm, settings } = options
  return [
    '-d', device, ...(source === undefined ? [] : [`--source=${source}`]), ...(mode === null ? [] : [`--mode=${mode}`]), ...(depth === null ? [] : [`--depth=${depth}`]), `--resolution=${dpi}`,
    ...Object.entries(settings).map(([name, value]) => `--${name}=${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}`),
    ...(widthMm === undefined ? [] : ['-x', `${widthMm}`]), ...(heightMm === undefined ? [] : ['-y', `${heightMm}`]), '--format=tiff', '--progress', '-o', path
  ]
}

/** One scan in a program of its own, as TIFF into `path`. */
export class Scan {
  readonly #program: RunningProgram
  #stalled = false
  #timer: NodeJS.Timeout | undefined
  progress = 0
  readonly ended: Promise<Result<void, Problem>>

  constructor(private readonly options: SaneOptions, at: Parameters<typeof scanArguments>[1], onProgress: () => void) {
    this.#program = startProgram('scanimage', scanArguments(options, at), { env: envOf(options) })
    this.#program.onStderr((text) => this.#heard(text, onProgress))
    this.#watch()
    this.ended = this.#program.ended.then((end) => {
      clearTimeout(this.#timer)
      if (this.#stalled) return err(scanStalled(options.stallSeconds))
      return end.code === 0 ? ok(undefined) : err(scanProblem(end))
    })
  }

  /** The head goes back: scanimage ends the scan properly on SIGTERM. */
  stop(): Promise<void> { return this.#program.stop() }

  /** The lamp's progress is written over and over on one line. */
  #heard(text: string, onProgress: () => void): void {
    const percent = [...text.matchAll(/Progress: ([\d.]+)%/g)].at(-1)?.[1]
    const progress = percent === undefined ? this.progress : Math.min(1, Number(percent) / 100)
    if (progress === this.progress) return
    this.progress = progress
    this.#watch()
    onProgress()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#stalled = true; void this.stop() }, this.options.stallSeconds * 1000)
  }
}
