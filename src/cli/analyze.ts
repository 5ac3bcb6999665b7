import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Problem } from '../domain/problem.js'
import type { Reading } from '../domain/reading.js'
import { createLog } from '../platform/log.js'
import { startReader } from '../pipeline/reader/reader.js'
import type { Reader } from '../pipeline/reader/reader.js'
import { decide } from '../triage/decide.js'
import type { AddCommand, CliHost } from './host.js'
import { packsFoldersOf, thresholdsFolderOf, UsageError } from './host.js'
import { overlayFolders } from './overlay-folders.js'

type Options = { json?: boolean; pack?: string; heatmap?: string; operatingPoint?: string; data?: string }

/** Ctrl-C, as shells report it: whoever reads the lines must not take them for all of them. */
const INTERRUPTED = 130

/** Reads files by the same path as the appliance and says what was found. Never asks. */
export const addAnalyze: AddCommand = (program, host, setStatus) => {
  program.command('analyze')
    .description('read image files and print the verdicts')
    .argument('<files...>', 'DICOM, JPEG, PNG, TIFF or BMP')
    .option('--json', 'one JSON object a line')
    .option('--pack <id>', 'use this pack whatever the content suggests (the quality gate still applies)')
    .option('--heatmap <dir>', 'write heatmap overlays here')
    .option('--operating-point <name>', 'use this operating point instead of the pack\'s default')
    .option('--data <dir>', 'data folder whose packs and thresholds are in force (default: SCREENPOST_DATA, else ./data)')
    .action(async (files: string[], options: Options) => {
      await using reader = await startReader({ packsFolder: packsFoldersOf(host, options.data), thresholdsFolder: thresholdsFolderOf(host, options.data), log: createLog({ level: 'error', destination: host.stderr }) })
      const { packs } = await reader.ready
      if (options.pack !== undefined && !packs.some(({ id }) => id === options.pack)) throw new UsageError(`There is no pack ${options.pack}. Installed are: ${[...new Set(packs.map(({ id }) => id))].join(', ')}.`)
      const stop = new AbortController()
      const interrupt = (): void => stop.abort()
      host.signals.once('SIGINT', interrupt)
      const folderFor = options.heatmap === undefined ? undefined : overlayFolders(resolve(options.heatmap))
      for (const file of files) {
        if (stop.signal.aborted) break
        if (!(await analyzeOne({ host, reader, options, folderFor, signal: stop.signal }, file))) setStatus(2)
      }
      if (stop.signal.aborted) setStatus(INTERRUPTED)
      host.signals.off('SIGINT', interrupt)
    })
}

type Session = { readonly host: CliHost; readonly reader: Reader; readonly options: Options; readonly folderFor: ((file: string) => string) | undefined; readonly signal: AbortSignal }

async function analyzeOne({ host, reader, options, folderFor, signal }: Session, file: string): Promise<boolean> {
  const derivedFolder = folderFor?.(file)
  if (derivedFolder) await mkdir(derivedFolder, { recursive: true })
  const reading = await reader.read({
    path: resolve(file), packId: options.pack, operatingPoint: options.operatingPoint, derivedFolder, heatmap: derivedFolder !== undefined
  }, signal)
  if (signal.aborted && !reading.ok) return true
  host.stdout.write(options.json ? `${JSON.stringify(toJson(file, reading))}\n` : toText(file, reading))
  return reading.ok
}

type Outcome = { readonly ok: true; readonly value: Reading } | { readonly ok: false; readonly error: Problem }

/** The object that programs rely on (README, "analyze --json"). */
function toJson(file: string, outcome: Outcome): Record<string, unknown> {
  if (!outcome.ok) return { file, ok: false, error: { code: outcome.error.code, message: outcome.error.message } }
  const { modality, pack, provider, quality, findings, detail, laterality, timingMs } = outcome.value
  const triage = decide(outcome.value)
  return {
    file, ok: true, modality: modality ?? null, pack, provider, quality, findings,
    triage: { level: triage.level, text: triage.text }, ...(laterality ? { laterality } : {}), detail, timingMs
  }
}

function toText(file: string, outcome: Outcome): string {
  if (!outcome.ok) return `${file}: could not be read: ${outcome.error.message}\n`
  const triage = decide(outcome.value)
  const findings = outcome.value.findings.map((f) => `  ${f.name}: ${f.score.toFixed(3)} (threshold ${f.threshold.toFixed(3)}) ${f.positive ? 'POSITIVE' : 'negative'}\n`)
  const reasons = outcome.value.quality.reasons.map(({ text, retake }) => `  ${text}${retake === undefined ? '' : ` ${retake}`}\n`)
  return `${file}: ${triage.level.toUpperCase()} - ${triage.text}\n${findings.join('')}${reasons.join('')}${isAgeOpen(outcome.value) ? `  ${AGE_OPEN}\n` : ''}`
}

const AGE_OPEN = 'The age is not known: the chest reading is made for people from 15 years, and says nothing of a child.'

const isAgeOpen = ({ findings, dicom }: Reading): boolean => findings.some(({ code }) => code === 'tb') && dicom?.patientAgeYears === undefined
