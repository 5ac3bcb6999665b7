import protobuf from 'protobufjs'
import snappy from 'snappyjs'
import type { Sample } from '../domain/heartbeat.js'
import { problem, type Problem } from '../domain/problem.js'
import { Endpoint, type EndpointOptions } from '../uplink/transports/http/endpoint.js'

/** Samples of one box at one time, ms since 1970. */
export type Series = { readonly instance: string; readonly atMs: number; readonly samples: readonly Sample[] }

/** Prometheus' remote write 1.0 (`prompb/remote.proto` and `types.proto`), as far as we write it. */
const root = protobuf.Root.fromJSON({
  nested: {
    Label: { fields: { name: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Sample: { fields: { value: { type: 'double', id: 1 }, timestamp: { type: 'int64', id: 2 } } },
    TimeSeries: { fields: { labels: { rule: 'repeated', type: 'Label', id: 1 }, samples: { rule: 'repeated', type: 'Sample', id: 2 } } },
    WriteRequest: { fields: { timeseries: { rule: 'repeated', type: 'TimeSeries', id: 1 } } }
  }
})
const WriteRequest = root.lookupType('WriteRequest')
const HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0', 'user-agent': 'screenpost-relay' }
const TIMES = { connectMs: 10_000, answerMs: 30_000, leastBytesPerSecond: 1_000 }

/** A request's body. Labels in the order of their names, as receivers demand. */
function encodeWrite(series: readonly Series[]): Buffer {
  const timeseries = series.flatMap(({ instance, atMs, samples }) => samples.map(({ name, labels, value }) => ({
    labels: Object.entries({ __name__: name, job: 'screenpost', ...labels, instance }).map(([key, text]) => ({ name: key, value: text })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    samples: [{ value, timestamp: atMs }]
  })))
  return Buffer.from(snappy.compress(WriteRequest.encode(WriteRequest.create({ timeseries })).finish()))
}

/** `again`: it could not be taken now; what was refused is not worth sending again. */
export type Written = { readonly problem?: Problem; readonly again: boolean }

/** Whatever takes Prometheus' remote write: Prometheus itself, VictoriaMetrics, Mimir, Thanos... */
export class RemoteWrite {
  private readonly endpoint: Endpoint

  constructor(options: EndpointOptions) {
    this.endpoint = new Endpoint(options)
  }

  get address(): string {
    return this.endpoint.address
  }

  async write(series: readonly Series[], signal: AbortSignal): Promise<Written> {
    const answer = await this.endpoint.call({ method: 'POST', path: '', headers: HEADERS, body: [encodeWrite(series)] }, { ...TIMES, signal })
    if (!answer.ok) return { problem: answer.error.problem, again: true }
    const { status } = answer.value
    if (status >= 200 && status < 300) return { again: false }
    return { problem: problem('remote-write-refused', `${this.address} answered HTTP ${status}. Look into its log; Prometheus takes remote write only with --web.enable-remote-write-receiver.`), again: status !== 400 }
  }

  close(): void {
    this.endpoint.close()
  }
}
