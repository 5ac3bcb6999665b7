import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

const run = promisify(execFile)

/** The parts of a machine that an engine is bound to. */
export type EnginePlatform = { readonly tensorrt: string; readonly gpu: string; readonly driver: string }
export type EngineTools = { readonly trtexec: string; readonly nvidiaSmi: string; readonly tegraRelease: string; readonly deviceModel: string }

/** Where JetPack 6 and Debian's CUDA packages put things. */
export const ENGINE_TOOLS: EngineTools = {
  trtexec: '/usr/src/tensorrt/bin/trtexec', nvidiaSmi: 'nvidia-smi', tegraRelease: '/etc/nv_tegra_release', deviceModel: '/proc/device-tree/model'
}

/**
 * TensorRT's version from trtexec's first line (`[TensorRT v100300]`), GPU and driver from L4T's release file on a Jetson and from
 * nvidia-smi elsewhere. Problems: `no-trtexec`, `no-gpu`.
 */
export async function detectPlatform(tools: EngineTools = ENGINE_TOOLS): Promise<Result<EnginePlatform, Problem>> {
  const tensorrt = tensorrtVersion(await output(tools.trtexec, ['--help']))
  if (tensorrt === undefined) return err(problem('no-trtexec', `TensorRT's trtexec was not found at ${tools.trtexec}. Install JetPack's tensorrt package, or give its place with --trtexec; the models run on CUDA or CPU meanwhile.`))
  const gpu = (await jetson(tools)) ?? (await desktop(tools))
  if (!gpu) return err(problem('no-gpu', 'No NVIDIA GPU answers. Check the driver with nvidia-smi; the models run on the CPU meanwhile.'))
  return ok({ tensorrt, ...gpu })
}

/** `[TensorRT v100300]` is 10.3.0, `[TensorRT v8601]` 8.6.1. */
export function tensorrtVersion(banner: string): string | undefined {
  const [, digits] = /\[TensorRT v(\d{4,6})\]/.exec(banner) ?? []
  if (digits === undefined) return undefined
  const number = Number(digits)
  return digits.length > 4 ? [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100].join('.') : [...digits.slice(0, 2), digits.slice(2)].map(Number).join('.')
}

async function jetson({ tegraRelease, deviceModel }: EngineTools): Promise<{ gpu: string; driver: string } | undefined> {
  const release = await readFile(tegraRelease, 'utf8').catch(() => '')
  const [, major, minor] = /# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(release) ?? []
  if (major === undefined || minor === undefined) return undefined
  const model = (await readFile(deviceModel, 'utf8').catch(() => 'Jetson')).replaceAll('\0', '').trim()
  return { gpu: model, driver: `L4T ${major}.${minor}` }
}

async function desktop({ nvidiaSmi }: EngineTools): Promise<{ gpu: string; driver: string } | undefined> {
  const line = (await output(nvidiaSmi, ['--query-gpu=name,compute_cap,driver_version', '--format=csv,noheader'])).split('\n')[0] ?? ''
  const [name, capability, driver] = line.split(',').map((part) => part.trim())
  return name && capability && driver ? { gpu: `${name} sm_${capability.replace('.', '')}`, driver } : undefined
}

/** Whatever the program printed, also when it failed; nothing when it is not there. */
async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, [...args], { timeout: 60_000, maxBuffer: 1 << 24 })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return stdout + stderr
  }
}
