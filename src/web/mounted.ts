import { notFound } from './http-error.js'
import type { WebDependencies } from './dependencies.js'
import type { Route, RouteRequest } from './route.js'
import { limitSilence } from './silence.js'

/** Addresses that a device answers (`stow`, `film-photo`): the right to them is checked here, what they do is the device's. */
export function mountedRoutes(deps: Pick<WebDependencies, 'mounts'>): Route[] {
  const at = (path: string, mountedAt: string, kind: string): Route =>
    ({ method: 'POST', path, access: 'capture', audit: `upload.${kind}`, handle: (request) => forward(deps, request, { mountedAt, kind }) })
  return [at('/stow/studies', '/stow/studies', 'stow'), at('/stow/studies/:study', '/stow/studies', 'stow'), at('/film-photo', '/film-photo', 'film-photo')]
}

async function forward({ mounts }: Pick<WebDependencies, 'mounts'>, { ctx, params, caller }: RouteRequest, { mountedAt, kind }: { mountedAt: string; kind: string }): Promise<void> {
  const handler = mounts?.find(mountedAt)
  if (!handler) throw notFound(`Nothing answers here. Add a device of the kind \`${kind}\` to the site file.`)
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
