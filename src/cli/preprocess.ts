import { mkdir } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import sharp from 'sharp'
import { renderPreprocessed } from '../inference/preprocess/preprocess.js'
import { decodeFile } from '../ingest/decode/decode.js'
import type { AddCommand } from './host.js'
import { packCalled } from './labelled-set.js'

/** Writes what a pack's network sees, before it becomes numbers: for training, and to look at. */
export const addPreprocess: AddCommand = (program, host, setStatus) => {
  program.command('preprocess')
    .description('write the picture that a pack\'s network sees, as PNG')
    .requiredOption('--pack <id>', 'pack whose preprocessing is used')
    .requiredOption('--out <dir>', 'where <name>.png is written')
    .argument('<files...>', 'DICOM, JPEG, PNG, TIFF or BMP; the first frame is taken')
    .action(async (files: string[], options: { pack: string; out: string }) => {
      const { manifest } = await packCalled(options.pack)
      await mkdir(resolve(options.out), { recursive: true })
      for (const file of files) {
        const decoded = await decodeFile(resolve(file))
        if (!decoded.ok) {
          host.stderr.write(`${file}: ${decoded.error.message}\n`)
          setStatus(2)
          continue
        }
        const { data, width, height, channels } = renderPreprocessed(decoded.value.pixels, 0, manifest.preprocess)
        const target = join(resolve(options.out), `${basename(file, extname(file))}.png`)
        await sharp(data, { raw: { width, height, channels } }).png().toFile(target)
        host.stdout.write(`${target}\n`)
      }
    })
}
