import type { StudyId } from '../../src/domain/ids.js'
import { dicomTransport } from '../../src/uplink/transports/dicom.js'
import type { TransportKind } from '../../src/uplink/transports/transport.js'
import type { Taken } from './clinic.js'

/** In which order reports were handed to the line: what the answers' times can not tell, since two lanes and a restarted PACS answer as they like. */
export class Turns {
  private readonly begun: { readonly studyId: StudyId; readonly atMs: number }[] = []

  /** C-STORE that notes when each report's turn came. */
  readonly kind: TransportKind = {
    ...dicomTransport,
    open: (options, host) => {
      const transport = dicomTransport.open(options as never, host)
      return {
        ...transport,
        send: (cargo, terms) => {
          const atMs = performance.now()
          for (const { kind, studyId } of cargo) if (kind === 'sr') this.begun.push({ studyId, atMs })
          return transport.send(cargo, terms)
        }
      }
    }
  }

  /** Urgent reports that waited when a window opened and whose first turn in it came after a routine one's, or never though a routine one had its. */
  overtaken(waiting: readonly Taken[], openedMs: number): number {
    const order = [...new Set(this.begun.filter(({ atMs }) => atMs >= openedMs).map(({ studyId }) => studyId))]
    const turnOf = (id: StudyId): number => { const turn = order.indexOf(id); return turn < 0 ? Infinity : turn }
    const firstRoutine = Math.min(...waiting.filter(({ level }) => level === 'routine').map(({ id }) => turnOf(id)))
    return waiting.filter(({ id, level }) => level === 'urgent' && turnOf(id) > firstRoutine).length
  }
}
