import { mkdir } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import type { Picture } from '../inference/preprocess/picture.js'
import { renderPreprocessed } from '../inference/preprocess/preprocess.js'
import type { PackManifest } from '../inference/manifest.js'
import { parsePreprocess } from '../inference/manifest.js'
import { decodeFile } from '../ingest/decode/decode.js'
import { readRecipe } from './draft-pack.js'
import type { AddCommand, CliHost } from './host.js'
import { UsageError, packsFoldersOf } from './host.js'
import { packCalled } from './labelled-set.js'

/** Writes what a pack's network sees, before it becomes numbers: for training, and to look at. */
export const addPreprocess: AddCommand = (program, host, setStatus) => {
  program.command('preprocess')
    .description('write the picture that a pack\'s network sees, as PNG (what it sees twice, as it is and equalised: one below the other)')
    .option('--pack <id>', 'pack whose preprocessing is used')
    .option('--recipe <file>', 'recipe of a pack that is not made yet (docs/add-a-model.md)')
    .requiredOption('--out <dir>', 'where <name>.png is written, in the folders that the files do not share')
    .argument('<files...>', 'DICOM, JPEG, PNG, TIFF or BMP; the first frame is taken')
    .action(async (files: string[], options: Source & { out: string }) => {
      const steps = await stepsOf(host, options)
      for (const [file, target] of targetsOf(files, options.out)) {
        const decoded = await decodeFile(file)
        if (!decoded.ok) {
          host.stderr.write(`${file}: ${decoded.error.message}\n`)
          setStatus(2)
          continue
        }
        const picture = renderPreprocessed(decoded.value.pixels, 0, steps)
        await mkdir(dirname(target), { recursive: true })
        await asPng(picture).toFile(target)
        host.stdout.write(`${target}\n`)
      }
    })
}

/** Six channels, which no PNG has, become two pictures one below the other: as it is, and equalised. */
export function asPng({ data, width, height, channels }: Picture): Sharp {
  if (channels !== 6) return sharp(data, { raw: { width, height, channels } }).png()
  const half = width * height * 3
  const both = new Uint8Array(half * 2)
  for (let from = 0, to = 0; from < data.length; from += 6, to += 3) {
    both.set(data.subarray(from, from + 3), to)
    both.set(data.subarray(from + 3, from + 6), half + to)
  }
  return sharp(both, { raw: { width, height: height * 2, channels: 3 } }).png()
}

/**
 * What each file becomes, absolute paths: below `out` with the folders that the files do not all share, so that one folder a class stays one.
 * @throws UsageError where two files would become one, or a file itself would be written over
 */
export function targetsOf(files: readonly string[], out: string): ReadonlyMap<string, string> {
  const paths = [...new Set(files.map((file) => resolve(file)))]
  const shared = sharedFolder(paths)
  const targets = new Map(paths.map((path) => [path, join(resolve(out), relative(shared, path.slice(0, path.length - extname(path).length)) + '.png')]))
  const sources = new Map<string, string>()
  for (const [path, target] of targets) {
    const other = sources.get(target)
    if (other !== undefined) throw new UsageError(`${other} and ${path} would both be written to ${target}; nothing was written. Rename one, or give them to two calls with an --out each.`)
    if (targets.has(target)) throw new UsageError(`${target} is one of the files and would be written over; nothing was written. Give another folder with --out.`)
    sources.set(target, path)
  }
  return targets
}

/** The deepest folder that all paths are below. */
function sharedFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => dirname(path).split(sep))
  const [first = []] = folders
  const differs = first.findIndex((name, at) => folders.some((folder) => folder[at] !== name))
  return first.slice(0, differs < 0 ? first.length : differs).join(sep) || sep
}

type Source = { readonly pack?: string; readonly recipe?: string }

/** The steps of a pack in service, or of a recipe. */
async function stepsOf(host: CliHost, { pack, recipe }: Source): Promise<PackManifest['preprocess']> {
  if (pack !== undefined) return (await packCalled(pack, packsFoldersOf(host))).manifest.preprocess
  if (recipe === undefined) throw new UsageError('Say whose preprocessing is meant: --pack ID, or --recipe FILE.')
  const steps = parsePreprocess((await readRecipe(recipe)).preprocess)
  if (!steps.ok) throw new UsageError(steps.error.map(({ path, message }) => `${recipe}: ${path}: ${message}`).join('\n'))
  return steps.value
}
