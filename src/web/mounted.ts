import { notFound } from './http-error.js'
import type { WebDependencies } from './dependencies.js'
import type { Route, RouteRequest } from './route.js'
import { limitSilence } from './silence.js'

/** Addresses that a device answers (`stow`): the right to them is checked here, what they do is the device's. */
export function mountedRoutes(deps: Pick<WebDependencies, 'mounts'>): Route[] {
  const at = (path: string): Route => ({ method: 'POST', path, access: 'capture', audit: 'upload.stow', handle: (request) => forward(deps, request) })
  return [at('/stow/studies'), at('/stow/studies/:study')]
}

async function forward({ mounts }: Pick<WebDependencies, 'mounts'>, { ctx, params, caller }: RouteRequest): Promise<void> {
  const handler = mounts?.find('/stow/studies')
  if (!handler) throw notFound('STOW-RS is not switched on. Add a device of the kind `stow` to the site file.')
  const unlimited = limitSilence(ctx.req)
  try {
    const answer = await handler({ method: ctx.method, rest: params['study'] ?? '', headers: ctx.req.headers, body: ctx.req, callerId: caller?.id ?? 'unknown' })
    if (!ctx.req.complete) ctx.set('Connection', 'close')
    ctx.status = answer.status
    ctx.set({ ...answer.headers })
    ctx.body = answer.body ?? ''
  } finally {
    unlimited()
  }
}
