// Generated pictures of each kind through a recipe's preprocessing, so that the gate knows the appliance's own phantoms.
// usage: node phantoms.mjs RECIPE.json NAME COUNT FIRST_SEED     environment: PREPROCESS_DIST (default ../../dist)
import { readFileSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = resolve(process.env.PREPROCESS_DIST ?? join(here, '../../dist'))
const load = (path) => import(pathToFileURL(join(dist, 'src', path)))
const { renderPreprocessed } = await load('inference/preprocess/preprocess.js')
const { renderPhantom } = await load('phantoms/phantom.js')

const SIZES = {
  fundus: [[640, 480], [512, 512], [1000, 750], [720, 640]],
  chest: [[512, 512], [480, 600], [700, 600], [720, 640]],
  'lung-ultrasound': [[512, 512], [640, 480], [400, 480], [720, 640], [800, 600]]
}
const [recipeFile, name, count, first] = process.argv.slice(2)
const { preprocess: steps } = JSON.parse(readFileSync(recipeFile, 'utf8'))
const out = openSync(join(here, 'work', `${name}.u8`), 'w')
const files = []
let shape
for (const kind of Object.keys(SIZES)) {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const [width, height] = SIZES[kind][seed % SIZES[kind].length]
    const picture = renderPreprocessed(renderPhantom(kind, { seed, width, height }), 0, steps)
    shape = [picture.height, picture.width, picture.channels]
    writeSync(out, picture.data)
    files.push(`${kind}-${seed}`)
  }
}
closeSync(out)
writeFileSync(join(here, 'work', `${name}.json`), JSON.stringify({ shape: [files.length, ...shape], files, steps }))
console.log(`${name}: ${files.length} phantoms`)
