import type { StudyId } from '../../src/domain/ids.js'
import { dicomTransport } from '../../src/uplink/transports/dicom.js'
import type { TransportKind } from '../../src/uplink/transports/transport.js'
import type { Taken } from './clinic.js'

/** In which order reports were handed to the line: what the answers' times can not tell, since two lanes and a restarted PACS answer as they like. */
export class Turns {
  private readonly begun: { readonly studyId: StudyId; readonly atMs: number; endedMs: number }[] = []

  /** C-STORE that notes when each report's turn came. */
  readonly kind: TransportKind = {
    ...dicomTransport,
    open: (options, host) => {
      const transport = dicomTransport.open(options as never, host)
      return {
        ...transport,
        send: (cargo, terms) => {
          const ended = this.begin(cargo.flatMap(({ kind, studyId }) => (kind === 'sr' ? [studyId] : [])), performance.now())
          return transport.send(cargo, terms).finally(() => ended(performance.now()))
        }
      }
    }
  }

  /** These reports were handed to the line; what is given back is told when the line was done with them. */
  begin(studies: readonly StudyId[], atMs: number): (endedMs: number) => void {
    const entries = studies.map((studyId) => ({ studyId, atMs, endedMs: Infinity }))
    this.begun.push(...entries)
    return (endedMs) => { for (const entry of entries) entry.endedMs = endedMs }
  }

  /**
   * Urgent reports that waited when a window opened and whose first turn in it came after a routine one's, or never though a routine one had its. What was on
   * the line already when the window opened, where packets only vanished, had its turn before: an urgent one was first, and a routine one nobody could call back.
   */
  overtaken(waiting: readonly Taken[], openedMs: number): number {
    const underWay = new Set(this.begun.filter(({ atMs, endedMs }) => atMs < openedMs && endedMs > openedMs).map(({ studyId }) => studyId))
    const order = [...new Set(this.begun.filter(({ atMs }) => atMs >= openedMs).map(({ studyId }) => studyId))]
    const turnOf = (id: StudyId): number => { const turn = order.indexOf(id); return turn < 0 ? Infinity : turn }
    const firstRoutine = Math.min(...waiting.filter(({ level }) => level === 'routine').map(({ id }) => turnOf(id)))
    return waiting.filter(({ id, level }) => level === 'urgent' && !underWay.has(id) && turnOf(id) > firstRoutine).length
  }
}
