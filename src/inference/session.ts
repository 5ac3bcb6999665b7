import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { env, InferenceSession, Tensor } from 'onnxruntime-node'
import type { ExecutionProvider } from '../domain/finding.js'
import { cpuDescription, sumsBytesExactly } from './dot-product.js'
import { unsignedActivations } from './unsigned.js'

/** Row-major float32 numbers and their shape. */
export type Values = { readonly data: Float32Array; readonly dims: readonly number[] }

/** A model ready to run on one provider. One run at a time. */
export type Session = {
  readonly provider: ExecutionProvider
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Runs the model on one named input; the outputs by name. Outputs that are not float32 are left out. */
  run(name: string, input: Values): Promise<Record<string, Values>>
  release(): Promise<void>
}

export type SessionOptions = {
  /** Tried in this order; the first that takes the model is used. */
  readonly providers?: readonly ExecutionProvider[]
  /** Threads inside one operator; default all cores. */
  readonly threads?: number
  /** Text of /proc/cpuinfo; default this machine's. */
  readonly cpuinfo?: string
}

const IN_ORDER: readonly ExecutionProvider[] = ['tensorrt', 'cuda', 'cpu']

/** What every model is run with; `threads` inside one operator, `cpuinfo` the text of /proc/cpuinfo. */
export function sessionSettings(provider: ExecutionProvider, threads: number, cpuinfo: string) {
  return {
    executionProviders: [provider], graphOptimizationLevel: 'all', logSeverityLevel: 4, executionMode: 'sequential',
    intraOpNumThreads: threads, interOpNumThreads: 1,
    // The arena would only keep memory between studies. Without it a plan of the memory is one block a run, and a block beyond 32 MB is
    // mapped and given back each time: its page faults took a committee of three networks from 16 to 28 ms.
    enableCpuMemArena: false, enableMemPattern: false,
    // A thread waits awake for the next operator, 50 microseconds at most: waking it for each of a committee's 300 small operators
    // took a quarter of the run, and awake between two images it would keep the cores from decoding and from everything else.
    // x64quantprecision: a CPU whose 16-bit sums could overflow (AVX2 without VNNI) takes the exact way, half as fast.
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' }, x64quantprecision: sumsBytesExactly(cpuinfo) ? '0' : '1' } }
  } as const satisfies InferenceSession.SessionOptions
}

async function open(modelPath: string, provider: ExecutionProvider, { threads, cpuinfo }: Required<Pick<SessionOptions, 'threads' | 'cpuinfo'>>): Promise<InferenceSession> {
  const settings = sessionSettings(provider, threads, cpuinfo)
  const forCpu = provider === 'cpu' ? unsignedActivations(await readFile(modelPath)) : undefined
  return forCpu ? InferenceSession.create(forCpu, settings) : InferenceSession.create(modelPath, settings)
}

/** A provider that this binding lacks refuses at once; what the last one says is the reason why the model can't run. */
async function create(modelPath: string, options: SessionOptions): Promise<{ provider: ExecutionProvider; session: InferenceSession }> {
  // An absent provider is expected and would be reported at every start; what fails is thrown all the same.
  env.logLevel = 'fatal'
  const threads = options.threads ?? availableParallelism()
  const cpuinfo = options.cpuinfo ?? await cpuDescription()
  let reason: unknown
  for (const provider of options.providers ?? IN_ORDER) {
    try {
      return { provider, session: await open(modelPath, provider, { threads, cpuinfo }) }
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

/**
 * Opens an ONNX file (float, QDQ INT8, or an EPContext wrapper) with the first provider that takes it: tensorrt, cuda, cpu.
 * @throws what ONNX Runtime says when no provider can run the model
 */
export async function openSession(modelPath: string, options: SessionOptions = {}): Promise<Session> {
  const { provider, session } = await create(modelPath, options)
  return {
    provider, inputNames: session.inputNames, outputNames: session.outputNames,
    run: async (name, input) => {
      const outputs = await session.run({ [name]: new Tensor('float32', input.data, [...input.dims]) })
      const floats = Object.entries(outputs).filter(([, value]) => value.type === 'float32')
      return Object.fromEntries(floats.map(([output, value]) => [output, { data: value.data as Float32Array, dims: value.dims }]))
    },
    release: () => session.release()
  }
}
