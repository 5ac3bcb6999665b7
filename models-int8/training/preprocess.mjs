// Runs a recipe's preprocessing (the appliance's own TypeScript, built) over every image named in a list and writes
// work/<name>.u8 (uint8 NHWC, one image after the other) with work/<name>.json (shape, files in order).
// usage: node preprocess.mjs RECIPE.json NAME CSV [CSV...]     environment: PREPROCESS_DIST (default ../../dist)
import { readFileSync, writeFileSync, openSync, writeSync, closeSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import sharp from 'sharp'

const here = dirname(fileURLToPath(import.meta.url))
const dist = resolve(process.env.PREPROCESS_DIST ?? join(here, '../../dist'))
const { renderPreprocessed } = await import(pathToFileURL(join(dist, 'src/inference/preprocess/preprocess.js')))

export async function decode(file) {
  const { data, info } = await sharp(file).rotate().removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, frames: 1, data: new Uint8Array(data) }
}

/** First column of a CSV, resolved against the CSV's folder; the file names in use hold no commas or quotes. */
function filesOf(csv) {
  return readFileSync(csv, 'utf8').split('\n').slice(1).filter(Boolean).map((line) => join(dirname(csv), line.split(',')[0]))
}

async function main([recipeFile, name, ...csvs]) {
  const { preprocess: steps } = JSON.parse(readFileSync(recipeFile, 'utf8'))
  const files = csvs.flatMap(filesOf)
  mkdirSync(join(here, 'work'), { recursive: true })
  const out = openSync(join(here, 'work', `${name}.u8`), 'w')
  let shape
  for (const file of files) {
    const picture = renderPreprocessed(await decode(file), 0, steps)
    shape = [picture.height, picture.width, picture.channels]
    writeSync(out, picture.data)
  }
  closeSync(out)
  writeFileSync(join(here, 'work', `${name}.json`), JSON.stringify({ shape: [files.length, ...shape], files, steps }))
  console.log(`${name}: ${files.length} images of ${shape.join(' x ')}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
