// Writes a pack's golden/cases.json: the INT8 model's logits on generated phantoms through the appliance's preprocessing.
// usage: node golden.mjs PACK_FOLDER     environment: PREPROCESS_DIST (default ../../dist)
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = resolve(process.env.PREPROCESS_DIST ?? join(here, '../../dist'))
const load = (path) => import(pathToFileURL(join(dist, 'src', path)))
const { preprocess } = await load('inference/preprocess/preprocess.js')
const { openSession } = await load('inference/session.js')
const { renderPhantom } = await load('phantoms/phantom.js')

const KINDS = { fundus: ['fundus'], cxr: ['chest'], ultrasound: ['lung-ultrasound'], any: ['fundus', 'chest', 'lung-ultrasound'] }
const [folder] = process.argv.slice(2)
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
const session = await openSession(join(folder, 'model.onnx'), { providers: ['cpu'] })
const cases = []
for (const phantom of KINDS[manifest.modality]) {
  for (const seed of [1, 2, 3]) {
    const size = { seed, width: 512, height: 448 }
    const { data, channels, height, width } = preprocess(renderPhantom(phantom, size), 0, manifest.preprocess)
    const outputs = await session.run(manifest.input.name, { data, dims: [1, channels, height, width] })
    cases.push({ phantom, ...size, logits: Array.from(outputs[manifest.outputs.logits].data, (v) => Number(v.toFixed(5))) })
  }
}
mkdirSync(join(folder, 'golden'), { recursive: true })
writeFileSync(join(folder, 'golden', 'cases.json'), JSON.stringify(cases, null, 1) + '\n')
console.log(cases)
