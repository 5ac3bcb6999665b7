// Every DICOM file of a folder that the appliance can decode, through a recipe's preprocessing, into work/<name>.u8 and .json.
// usage: node dicom.mjs RECIPE.json NAME CSV     environment: PREPROCESS_DIST (default ../../dist)
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = resolve(process.env.PREPROCESS_DIST ?? join(here, '../../dist'))
const load = (path) => import(pathToFileURL(join(dist, 'src', path)))
const { renderPreprocessed } = await load('inference/preprocess/preprocess.js')
const { decodeFile, defaultDecodeLimits } = await load('ingest/decode/decode.js')

const [recipeFile, name, csv] = process.argv.slice(2)
const { preprocess: steps } = JSON.parse(readFileSync(recipeFile, 'utf8'))
const pictures = []
for (const line of readFileSync(csv, 'utf8').split('\n').slice(1).filter(Boolean)) {
  const file = line.split(',')[0]
  const decoded = await decodeFile(join(dirname(csv), file), defaultDecodeLimits).catch(() => ({ ok: false }))
  if (decoded.ok) pictures.push({ file, ...renderPreprocessed(decoded.value.pixels, 0, steps) })
}
const [{ height, width, channels }] = pictures
writeFileSync(join(here, 'work', `${name}.u8`), Buffer.concat(pictures.map(({ data }) => data)))
writeFileSync(join(here, 'work', `${name}.json`), JSON.stringify({ shape: [pictures.length, height, width, channels], files: pictures.map(({ file }) => file), steps }))
console.log(`${name}: ${pictures.length} images`)
