import { join } from 'node:path'
import { silentLog } from '../../../src/platform/log.js'
import type { Film } from '../../../src/simulate/digitizer/film.js'
import { startDigitizerSimulator } from '../../../src/simulate/digitizer/simulator.js'
import type { DigitizerSimulator } from '../../../src/simulate/digitizer/simulator.js'
import type { CutOff } from '../harnesses.js'
import { noiseFilm, until } from './clinic.js'

let running: { readonly simulator: DigitizerSimulator; readonly films: Film[] }

/** The other side of the contract test for this kind: a simulated digitizer into which films are put. */
export const serialDigitizerHarness = {
  kind: 'serial-digitizer',
  /** The port must be there before the device is opened. */
  async prepare(folder: string): Promise<AsyncDisposable> {
    const films: Film[] = []
    const simulator = await startDigitizerSimulator({
      port: join(folder, 'tty'), seed: 1, everyMs: 0, image: (index) => films[index], log: silentLog, faults: { unpluggedMs: 1000 }, signal: new AbortController().signal
    })
    running = { simulator, films }
    return simulator
  },
  options: (folder: string): unknown => ({ path: join(folder, 'tty'), baudRate: 4_000_000 }),
  offer(): Promise<{ outcome(): 'acknowledged' | 'open' }> {
    const { simulator, films } = running
    const index = films.push(noiseFilm(films.length + 1, { height: 40 })) - 1
    return Promise.resolve({ outcome: () => (simulator.taken.length > index ? 'acknowledged' : 'open') })
  },
  /** The cable is pulled when about a third of the film went over the line. */
  async cut(): Promise<CutOff> {
    const { simulator, films } = running
    const film = noiseFilm(99, { width: 1000, height: 600 })
    const index = films.push(film) - 1
    await until('a third of the film', () => simulator.bytesSent > film.bytes.length / 3)
    const replugged = simulator.replug()
    const offer = { outcome: () => (simulator.taken.length > index ? 'acknowledged' as const : 'open' as const) }
    return {
      offer, pictures: 1,
      async plugIn() {
        await replugged
        return offer
      }
    }
  }
}
