import { Command, CommanderError } from 'commander'
import { addAnalyze } from './analyze.js'
import { addBackup } from './backup.js'
import { addCheckConfig } from './check-config.js'
import { addCompile } from './compile.js'
import { addDoctor } from './doctor.js'
import { addEvaluate } from './evaluate.js'
import { addExport } from './export-stick.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packageVersion } from './host.js'
import { addImportReceipts } from './import-receipts.js'
import { addNewPack } from './new-pack.js'
import { addPreprocess } from './preprocess.js'
import { addProvision } from './provision.js'
import { addReceive } from './receive.js'
import { addReport } from './report.js'
import { addRestore } from './restore.js'
import { addServe } from './serve.js'
import { addSimulate } from './simulate.js'
import { addConfirmPack } from './site-threshold.js'
import { addThreshold } from './threshold.js'
import { addToken } from './token.js'
import { addUpdate } from './update.js'

/** In the order of `--help`. */
export const commands: readonly AddCommand[] = [
  addServe, addBackup, addRestore, addAnalyze, addToken, addCompile, addDoctor, addCheckConfig, addEvaluate, addThreshold, addConfirmPack, addNewPack, addPreprocess, addProvision, addReceive, addReport,
  addExport, addImportReceipts, addSimulate, addUpdate
]

/** Runs one command; the number is the process's exit status. */
export async function runCli(host: CliHost): Promise<number> {
  let status = 0
  const setStatus = (code: number): void => { status = code }
  const program = new Command('screenpost')
    .description('Screening appliance for clinics without specialists. Decision support under study, not a certified device.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) })
  for (const add of commands) add(program, host, setStatus)
  try {
    await program.parseAsync([...host.argv], { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    const message = error instanceof UsageError ? error.message : systemSentence(error)
    if (message === undefined) throw error
    host.stderr.write(`${message}\n`)
    return 1
  }
}

/** A path that is not there or may not be written is the caller's to mend: a sentence for it; undefined for an error that is ours. */
function systemSentence(error: unknown): string | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException
  return code === undefined || syscall === undefined || path === undefined ? undefined
    : `${path}: ${code} (${syscall}). Check that the path is right and that this user may use it.`
}
