import { startBarcodeSimulator } from './barcode/simulator.js'
import { startDigitizerSimulator } from './digitizer/simulator.js'
import type { SimulatorKind } from './simulator-kind.js'
import { again } from './simulator-kind.js'

/** A barcode scanner on a pseudo-terminal. */
export const barcodeSimulator: SimulatorKind = {
  kind: 'barcode', does: 'holds a code before a scanner on a serial line', needs: ['port'],
  async run(options) {
    await using scanner = await startBarcodeSimulator({ port: options.port! })
    options.say(`scanner at ${options.port!}`)
    await again(options, async () => { await scanner.scan(options.text ?? 'PHANTOM') })
  }
}

/** An X-ray digitizer on a pseudo-terminal; accidents on request come from the command line. */
export const digitizerSimulator: SimulatorKind = {
  kind: 'serial-digitizer', does: 'scans chest phantoms on a serial line', needs: ['port'],
  async run({ port, seed, everyMs, signal, log, faults, say }) {
    const simulator = await startDigitizerSimulator({ port: port!, seed, everyMs, signal, log, faults })
    say(`digitizer at ${port!}; Ctrl-C ends it`)
    await simulator.ended
  }
}
