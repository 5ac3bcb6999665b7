// OpenIST's lung masks as a pack sees its films: the region that the preprocessing takes of each film, cut out of its mask.
// Writes work/<name>.u8 (0 or 255, one after the other) and work/<name>.json. usage: node masks.mjs RECIPE.json NAME LABELS.csv
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { decode } from './preprocess.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = resolve(process.env.PREPROCESS_DIST ?? join(here, '../../dist'))
const { preprocess } = await import(pathToFileURL(join(dist, 'src/inference/preprocess/preprocess.js')))
const [recipeFile, name, csv] = process.argv.slice(2)
const { preprocess: steps } = JSON.parse(readFileSync(recipeFile, 'utf8'))
const films = readFileSync(csv, 'utf8').split('\n').slice(1).filter((line) => line.split(',')[1] === 'lung-mask').map((line) => join(dirname(csv), line.split(',')[0]))
const masks = []
let shape
for (const film of films) {
  const { region, width, height } = preprocess(await decode(film), 0, steps)
  const box = Object.fromEntries([['left', region.x], ['top', region.y], ['width', region.width], ['height', region.height]].map(([key, value]) => [key, Math.round(value)]))
  const mask = sharp(film.replace('/images/', '/masks/').replace(/\.jpg$/, '.png')).toColourspace('b-w')
  masks.push(await mask.extract(box).resize(width, height, { fit: 'fill' }).threshold(128).raw().toBuffer())
  shape = [height, width]
}
mkdirSync(join(here, 'work'), { recursive: true })
writeFileSync(join(here, 'work', `${name}.u8`), Buffer.concat(masks))
writeFileSync(join(here, 'work', `${name}.json`), JSON.stringify({ shape: [films.length, ...shape], files: films }))
console.log(`${name}: ${films.length} masks of ${shape.join(' x ')}`)
