import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findEngine } from '../../src/inference/engines.js'
import { checkPacks, packsInService } from '../../src/inference/packs.js'
import type { CheckedPack } from '../../src/inference/packs.js'
import { PackShelf } from '../../src/pipeline/reader/pack-shelf.js'
import { compilePacks } from '../../src/operations/compile-packs.js'
import type { CompileOptions, Compiled } from '../../src/operations/compile-packs.js'
import { ENGINE_FLAGS, engineName } from '../../src/operations/engine-name.js'
import { detectPlatform, tensorrtVersion } from '../../src/operations/engine-platform.js'
import { problem } from '../../src/domain/problem.js'
import { systemClock } from '../../src/platform/clock.js'
import { chestPack, gatePack, writePack } from '../inference/pack-folder.js'

const platform = { tensorrt: '10.3.0', gpu: 'NVIDIA Jetson Orin NX', driver: 'L4T 36.4.3' }
const banner = '&&&& RUNNING TensorRT.trtexec [TensorRT v100300] [b26] # trtexec --help'

/** What trtexec printed and did on a build of TensorRT 10.3, played back: the one edge that needs NVIDIA's own program. */
const recorded = (body: string): string => `#!/bin/sh
echo '${banner}'
[ "$1" != --help ] || exit 0
for each in "$@"; do case $each in --onnx=*) model=\${each#*=} ;; --saveEngine=*) engine=\${each#*=} ;; --timingCacheFile=*) cache=\${each#*=} ;; esac; done
echo "$@" >> "$(dirname "$0")/calls"
${body}
`
const GOOD = 'echo measured >> "$cache"; { printf engine-of-; sha256sum < "$model"; } > "$engine"; echo "&&&& PASSED TensorRT.trtexec [TensorRT v100300]"'

describe('compiling packs for a GPU', () => {
  let folder: string
  let packs: CheckedPack[]
  const trtexec = (): string => join(folder, 'trtexec')
  const play = async (body: string): Promise<void> => { await writeFile(trtexec(), recorded(body)); await chmod(trtexec(), 0o755) }
  const options = (): CompileOptions => ({ enginesFolder: join(folder, 'engines'), platform, trtexec: trtexec(), clock: systemClock, prove: () => Promise.resolve(undefined) })
  const compile = async (changes: Partial<CompileOptions> = {}): Promise<Compiled[]> => {
    const all: Compiled[] = []
    for await (const each of compilePacks(packs, { ...options(), ...changes })) all.push(each)
    return all
  }
  const calls = async (): Promise<string[]> => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screenpost-compile-'))
    for (const pack of [gatePack, chestPack]) await writePack(join(folder, 'packs'), pack)
    packs = packsInService(await checkPacks(join(folder, 'packs')))
    await play(GOOD)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('builds one after the other with INT8, keeps the timing cache, and serves what was proven', async () => {
    expect((await compile()).map(({ pack, outcome }) => [pack, outcome])).toEqual([['image-gate/1.0.0', 'built'], ['tb-chest/1.0.0', 'built']])
    const [first] = await calls()
    for (const flag of ['--int8', '--fp16', '--skipInference', '--memPoolSize=workspace:1024', `--timingCacheFile=${join(folder, 'engines/timing.cache')}`]) expect(first).toContain(flag)
    expect((await readFile(join(folder, 'engines/timing.cache'), 'utf8')).split('\n').filter(Boolean)).toHaveLength(2)
    const wrapper = await findEngine(join(folder, 'engines'), packs[1]!.sha256)
    expect(wrapper).toBe(join(folder, 'engines', engineName('tb-chest/1.0.0', { modelSha256: packs[1]!.sha256, ...platform, flags: [...ENGINE_FLAGS] }), 'model.onnx'))
    expect(await stat(join(wrapper!, '../model.engine'))).toBeDefined()
  })

  it('leaves alone what is there, and builds again what is damaged or belongs to another machine', async () => {
    await compile()
    expect((await compile()).map(({ outcome }) => outcome)).toEqual(['there-already', 'there-already'])
    expect(await calls()).toHaveLength(2)
    await writeFile(join(await findEngine(join(folder, 'engines'), packs[0]!.sha256) ?? '', '../model.engine'), 'damaged')
    expect((await compile()).map(({ outcome }) => outcome)).toEqual(['built', 'there-already'])
    for (const change of [{ tensorrt: '10.4.0' }, { gpu: 'other' }, { driver: 'L4T 36.5' }])
      expect((await compile({ platform: { ...platform, ...change } })).map(({ outcome }) => outcome)).toEqual(['built', 'built'])
  })

  it('goes on where a power cut stopped it: what has no record counts for nothing', async () => {
    await compile()
    const wrapper = (await findEngine(join(folder, 'engines'), packs[1]!.sha256))!
    await rm(join(wrapper, '../engine.json'))
    expect(await findEngine(join(folder, 'engines'), packs[1]!.sha256)).toBeUndefined()
    expect((await compile()).map(({ outcome }) => outcome)).toEqual(['there-already', 'built'])
  })

  it('never serves an engine whose golden cases disagree, and does not try it again', async () => {
    const [gate] = await compile({ prove: () => Promise.resolve(problem('pack-golden-mismatch', 'differs by 0.9')) })
    expect([gate?.outcome, gate?.problem?.code]).toEqual(['refused', 'engine-refused'])
    expect(await findEngine(join(folder, 'engines'), packs[0]!.sha256)).toBeUndefined()
    expect((await compile()).map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    expect(await calls()).toHaveLength(2)
  })

  it('refuses an engine that TensorRT does not open, here for lack of TensorRT', async () => {
    const [gate] = await compile({ prove: undefined as never })
    expect([gate?.outcome, gate?.problem?.message]).toEqual(['refused', expect.stringContaining('TensorRT does not open it')])
  })

  it('says why there is no engine, and leaves nothing behind', async () => {
    await play('echo "[E] Error[4]: could not find any implementation for node conv_1" >&2; exit 1')
    expect((await compile())[0]?.problem).toMatchObject({ code: 'engine-failed', message: expect.stringContaining('could not find any implementation') as string })
    await play('sleep 30')
    expect((await compile({ timeoutMs: 200 }))[0]?.problem?.code).toBe('engine-timeout')
    await play('exec node -e "globalThis.all = Buffer.alloc(3e8, 1); setTimeout(() => {}, 30000)"')
    expect((await compile({ memoryLimitMb: 100 }))[0]?.problem?.code).toBe('engine-memory')
    expect((await readdir(join(folder, 'engines'))).filter((name) => name !== 'timing.cache')).toEqual([])
  }, 60_000)

  it('serves by the CPU and says so while a compiled engine does not open', async () => {
    await compile()
    const shelf = await PackShelf.open(join(folder, 'packs'), { enginesFolder: join(folder, 'engines') })
    await shelf.loadAll()
    expect(shelf.provider).toBe('cpu')
    expect(shelf.states().map(({ inService, slower }) => [inService, slower?.code])).toEqual([[true, 'engine-not-serving'], [true, 'engine-not-serving']])
  })

  it('finds out what the machine is, on a Jetson and beside nvidia-smi', async () => {
    const release = join(folder, 'nv_tegra_release')
    const model = join(folder, 'model')
    const smi = join(folder, 'nvidia-smi')
    await writeFile(model, 'NVIDIA Jetson Orin NX Engineering Reference Developer Kit\0')
    await writeFile(smi, '#!/bin/sh\necho "NVIDIA H100 80GB HBM3, 9.0, 550.54.15"\n')
    await chmod(smi, 0o755)
    const tools = { trtexec: trtexec(), nvidiaSmi: smi, tegraRelease: release, deviceModel: model }
    expect(await detectPlatform(tools)).toEqual({ ok: true, value: { tensorrt: '10.3.0', gpu: 'NVIDIA H100 80GB HBM3 sm_90', driver: '550.54.15' } })
    await writeFile(release, '# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: Wed Jan  8 01:49:37 UTC 2025\n')
    expect(await detectPlatform(tools)).toEqual({ ok: true, value: { tensorrt: '10.3.0', gpu: 'NVIDIA Jetson Orin NX Engineering Reference Developer Kit', driver: 'L4T 36.4.3' } })
    expect(await detectPlatform({ ...tools, trtexec: join(folder, 'absent') })).toMatchObject({ ok: false, error: { code: 'no-trtexec' } })
    expect(['[TensorRT v8601]', '[TensorRT v100300]', 'nothing'].map(tensorrtVersion)).toEqual(['8.6.1', '10.3.0', undefined])
  })

  it('names an engine by everything that it is valid for', () => {
    const key = { modelSha256: createHash('sha256').update('a').digest('hex'), ...platform, flags: [...ENGINE_FLAGS] }
    const names = [key, { ...key, modelSha256: 'b'.repeat(64) }, { ...key, tensorrt: '1' }, { ...key, gpu: '1' }, { ...key, driver: '1' }, { ...key, flags: ['--fp16'] }].map((each) => engineName('tb-chest/1.0.0', each))
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('packs whose models left the memory', () => {
  it('are loaded and proven again by the next use', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'screenpost-quiet-'))
    await writePack(folder, chestPack)
    const shelf = await PackShelf.open(folder)
    const before = await shelf.load('tb-chest')
    await shelf.unload()
    await expect(before!.session.run('input', { data: new Float32Array(3 * 32 * 32), dims: [1, 3, 32, 32] })).rejects.toThrow()
    const after = await shelf.load('tb-chest')
    expect(Object.keys(await after!.session.run('input', { data: new Float32Array(3 * 32 * 32), dims: [1, 3, 32, 32] }))).toContain('logits')
    expect(shelf.states().map(({ inService }) => inService)).toEqual([true])
    await rm(folder, { recursive: true, force: true })
  })
})
