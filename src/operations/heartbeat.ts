import type { Heartbeat, Sample } from '../domain/heartbeat.js'
import { LONGEST_HEARTBEAT_BYTES, samplesOf } from '../domain/heartbeat.js'

/**
 * The heartbeat in Prometheus' text format (version 0.0.4), as a Pushgateway takes it. Names of packs are left out from the end
 * when all of them would not fit.
 */
export function renderHeartbeat(beat: Heartbeat): string {
  let text = ''
  for (const sample of samplesOf(beat)) {
    const line = `${render(sample)}\n`
    if (text.length + line.length > LONGEST_HEARTBEAT_BYTES) break
    text += line
  }
  return text
}

function render({ name, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}
