import { describe, expect, it } from 'vitest'
import { bytesOf, conversations, startOddPeer } from '../../scripts/torture/fuzz/peer-targets.js'
import { inputOf, makeInput } from '../../scripts/torture/fuzz/mutate.js'
import { TARGETS } from '../../scripts/torture/fuzz/targets.js'
import { createRandom } from '../../scripts/torture/random.js'
import { askWorklist } from '../../src/dicom/find-scu-worklist.js'
import { readReport } from '../../src/dicom/read-report.js'

/** A short walk of the fuzzer with a fixed seed; `npm run torture` walks for minutes. An input is made again from seed and number. */
const INPUTS: Readonly<Record<string, number>> = { 'dicom-file': 400, pictures: 150, 'serial-frames': 400, 'dicom-answers': 400, documents: 1000, 'dicom-network': 90, 'dicom-peers': 160, 'dicom-reports': 400, 'stow-bodies': 300, 'stow-answers': 1500, receipts: 500, bundles: 300, 'site-files': 300, multipart: 300, forms: 100, json: 100, tus: 100 }

describe('rubbish from outside', () => {
  it.each(Object.entries(INPUTS))('never throws, hangs or stops the server: %s', async (name, count) => {
    const target = await TARGETS[name]!()
    try {
      for (let number = 0; number < count; number++) {
        const input = inputOf(target, createRandom(5 * 1_000_003 + number))
        await expect(target.feed(input), `input ${number}`).resolves.toBeUndefined()
      }
    } finally {
      await target.close?.()
    }
  }, 60_000)

  it('begins at answers that are understood: a worklist, a report', async () => {
    const odd = await startOddPeer()
    odd.say(Buffer.concat(conversations()[0]!.map(bytesOf)))
    const asked = await askWorklist({ host: '127.0.0.1', port: odd.port, calledAe: 'ODD', callingAe: 'FUZZ' }, { from: '2026-03-01', to: '2026-03-08' }, { connectMs: 2000, answerMs: 2000, leastBytesPerSecond: 1000 })
    odd.close()
    expect(asked).toMatchObject({ ok: true, value: { items: [{ patientName: 'Otieno Asha' }, { patientName: 'Yamada Tarou' }, {}] } })
    expect((await TARGETS['dicom-reports']!()).seeds.map((seed) => readReport(seed)?.author)).toEqual(['Reader One', 'Reader One', 'Reader One'])
  })

  it('makes the same input again from seed and number', async () => {
    const { seeds } = await TARGETS['dicom-file']!()
    expect(makeInput(seeds, createRandom(77))).toEqual(makeInput(seeds, createRandom(77)))
    expect(makeInput(seeds, createRandom(77))).not.toEqual(makeInput(seeds, createRandom(78)))
  })
})
