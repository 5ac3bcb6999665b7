import { mkdir, readFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { renderPreprocessed } from '../inference/preprocess/preprocess.js'
import type { PackManifest } from '../inference/manifest.js'
import { parsePreprocess } from '../inference/manifest.js'
import { decodeFile } from '../ingest/decode/decode.js'
import type { AddCommand } from './host.js'
import { UsageError } from './host.js'
import { packCalled } from './labelled-set.js'

/** Writes what a pack's network sees, before it becomes numbers: for training, and to look at. */
export const addPreprocess: AddCommand = (program, host, setStatus) => {
  program.command('preprocess')
    .description('write the picture that a pack\'s network sees, as PNG')
    .option('--pack <id>', 'pack whose preprocessing is used')
    .option('--recipe <file>', 'recipe of a pack that is not made yet (docs/add-a-model.md)')
    .requiredOption('--out <dir>', 'where <name>.png is written')
    .argument('<files...>', 'DICOM, JPEG, PNG, TIFF or BMP; the first frame is taken')
    .action(async (files: string[], options: Source & { out: string }) => {
      const steps = await stepsOf(options)
      await mkdir(resolve(options.out), { recursive: true })
      for (const file of files) {
        const decoded = await decodeFile(resolve(file))
        if (!decoded.ok) {
          host.stderr.write(`${file}: ${decoded.error.message}\n`)
          setStatus(2)
          continue
        }
        const { data, width, height, channels } = renderPreprocessed(decoded.value.pixels, 0, steps)
        const target = join(resolve(options.out), `${basename(file, extname(file))}.png`)
        await sharp(data, { raw: { width, height, channels } }).png().toFile(target)
        host.stdout.write(`${target}\n`)
      }
    })
}

type Source = { readonly pack?: string; readonly recipe?: string }

/** The steps of a pack in service, or of a recipe. */
async function stepsOf({ pack, recipe }: Source): Promise<PackManifest['preprocess']> {
  if (pack !== undefined) return (await packCalled(pack)).manifest.preprocess
  if (recipe === undefined) throw new UsageError('Say whose preprocessing is meant: --pack ID, or --recipe FILE.')
  const steps = parsePreprocess((JSON.parse(await readFile(resolve(recipe), 'utf8')) as { preprocess?: unknown }).preprocess)
  if (!steps.ok) throw new UsageError(steps.error.map(({ path, message }) => `${recipe}: ${path}: ${message}`).join('\n'))
  return steps.value
}
