import { apiRoutes } from './api/index.js'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { createLiveEvents } from './events.js'
import type { Metrics } from './metrics.js'
import { createMetrics } from './metrics.js'
import { mountedRoutes } from './mounted.js'
import { pageRoutes } from './pages/index.js'
import { probeRoutes } from './probes.js'
import { createResumableUploads } from './resumable-uploads.js'
import { offlineRoutes } from './pages/offline.js'
import { trustRoutes } from './pages/trust.js'
import type { Route } from './route.js'
import type { Doors } from './transport.js'

export type RouteTable = { readonly routes: readonly Route[]; readonly metrics: Metrics; close(): void }

/** Every address of the appliance but `/static/`; `enforce.ts` reads the right to each from here. */
export async function buildRoutes(deps: WebDependencies, limits: WebLimits, doors: Doors): Promise<RouteTable> {
  const events = createLiveEvents(deps, limits)
  const resumable = await createResumableUploads(deps, limits)
  const metrics = createMetrics(deps, () => events.clients)
  const health: Route = {
    method: 'GET', path: '/healthz', access: 'public',
    handle: async ({ ctx }) => {
      const healthy = await deps.isHealthy().catch(() => false)
      // A new version of the system is kept only when a pack passed its golden cases (appliance/libexec/healthy.mjs asks `?packs`).
      const ok = healthy && (!('packs' in ctx.query) || deps.reader.status().packs.some(({ inService }) => inService))
      ctx.status = ok ? 200 : 503
      ctx.body = { ok }
    }
  }
  return {
    routes: [...pageRoutes(deps), ...trustRoutes(deps, doors), ...offlineRoutes(deps), ...apiRoutes(deps, limits), ...resumable.routes, ...mountedRoutes(deps), events.route, metrics.route, health, ...probeRoutes()],
    metrics,
    close: () => {
      events.close()
      resumable.close()
    }
  }
}
