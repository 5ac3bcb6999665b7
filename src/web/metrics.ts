import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { WebDependencies } from './dependencies.js'
import type { Route } from './route.js'

export type Metrics = { readonly route: Route; observe(method: string, route: string, status: number, seconds: number): void }

/** Prometheus text at `/metrics`, for a token or session that may read: numbers only, no ids and no patient data. */
export function createMetrics(deps: WebDependencies, liveClients: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({ name: 'screenpost_http_request_seconds', help: 'Time to answer, by route', labelNames: ['method', 'route', 'status'], buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60], registers: [registry] })
  const refused = new Counter({ name: 'screenpost_http_refused_total', help: 'Requests refused for want of rights', labelNames: ['status'], registers: [registry] })
  const gauge = (name: string, help: string, collect: (set: (value: number, labels?: Record<string, string>) => void) => void, labelNames: string[] = []): void => {
    new Gauge({ name, help, labelNames, registers: [registry], collect() { this.reset(); collect((value, labels = {}) => this.set(labels, value)) } })
  }
  gauge('screenpost_studies', 'Studies by state', (set) => { for (const [state, count] of Object.entries(deps.store.counts().byState)) set(count, { state }) }, ['state'])
  gauge('screenpost_verdicts', 'Studies by triage level', (set) => { for (const [level, count] of Object.entries(deps.store.counts().byLevel)) set(count, { level }) }, ['level'])
  gauge('screenpost_patients', 'Registered patients', (set) => set(deps.patients.count))
  gauge('screenpost_reader_alive', '1 while the reader process answers', (set) => set(deps.reader.status().alive ? 1 : 0))
  gauge('screenpost_reader_restarts', 'Restarts of the reader process', (set) => set(deps.reader.status().restarts))
  gauge('screenpost_packs_in_service', 'Packs in service', (set) => set(deps.reader.status().packs.filter((pack) => pack.inService).length))
  gauge('screenpost_devices', 'Devices by state', (set) => {
    for (const state of ['connected', 'waiting', 'failed', 'off']) set(deps.devices.status().filter((device) => device.state === state).length, { state })
  }, ['state'])
  gauge('screenpost_live_pages', 'Pages that listen for changes', (set) => set(liveClients()))
  return {
    observe: (method, route, status, taken) => {
      seconds.observe({ method, route, status: String(status) }, taken)
      if (status === 401 || status === 403) refused.inc({ status: String(status) })
    },
    route: {
      method: 'GET', path: '/metrics', access: 'read',
      handle: async ({ ctx }) => {
        ctx.body = await registry.metrics()
        ctx.set('Content-Type', registry.contentType)
      }
    }
  }
}
