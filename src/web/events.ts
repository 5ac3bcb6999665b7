import type { ServerResponse } from 'node:http'
import { may } from '../access/roles.js'
import { problem } from '../domain/problem.js'
import type { WebDependencies, WebLimits } from './dependencies.js'
import { HttpError } from './http-error.js'
import type { Route, RouteRequest } from './route.js'
import { readSessionCookie } from './sessions-cookie.js'

type Client = { readonly response: ServerResponse; readonly captures: boolean; isWelcome(): Promise<boolean> }

/** A browser this far behind is dropped; it connects again and loads what it missed. */
const MOST_UNREAD_BYTES = 64 * 1024

export type LiveEvents = { readonly route: Route; readonly clients: number; close(): void }

/**
 * `GET /events`: server-sent events `study` (`{"id","state","revision"}`), `visit` (`{"id"}`), `devices`, `status` and, for who may capture,
 * `device-said` (`{"deviceId","type"}`, what a device says at once). Each client's unread
 * bytes are bounded, and a client whose session ended or who lost access is let go at the next heartbeat.
 */
export function createLiveEvents(deps: WebDependencies, limits: WebLimits): LiveEvents {
  const clients = new Set<Client>()
  const drop = (client: Client): void => {
    clients.delete(client)
    client.response.destroy()
  }
  const send = (client: Client, text: string): void => {
    if (client.response.writableLength > MOST_UNREAD_BYTES) drop(client)
    else client.response.write(text)
  }
  const broadcast = (event: string, data: unknown): void => {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    for (const client of clients) send(client, text)
  }
  const stopStudies = deps.store.subscribe(({ id, summary }) => broadcast('study', { id, state: summary.state, revision: summary.revision }))
  const stopDevices = deps.devices.subscribe(() => broadcast('devices', {}))
  const stopVisits = deps.visits.subscribe((id) => broadcast('visit', { id }))
  // A barcode may be a patient's number: for who may register and take pictures only.
  const stopSaying = deps.devices.onEvent?.((deviceId, event) => {
    const text = `event: device-said\ndata: ${JSON.stringify({ deviceId, ...event })}\n\n`
    for (const client of clients) if (client.captures) send(client, text)
  })
  let lastStatus = ''
  const beat = async (): Promise<void> => {
    const { provider, alive, restarts } = deps.reader.status()
    const status = JSON.stringify({ provider, alive, restarts })
    if (lastStatus !== '' && lastStatus !== status) broadcast('status', { provider, alive })
    lastStatus = status
    for (const client of [...clients]) {
      if (await client.isWelcome()) send(client, ': here\n\n')
      else drop(client)
    }
  }
  const timer = setInterval(() => {
    beat().catch((error: unknown) => deps.log.warn('web-heartbeat-failed', { error: error instanceof Error ? error.name : 'unknown' }))
  }, limits.heartbeatMs)
  timer.unref()

  const handle = async (request: RouteRequest): Promise<void> => {
    if (clients.size >= limits.maxEventStreams) {
      throw new HttpError(503, problem('too-many-listeners', 'Too many pages listen at once. Close some tabs and load this page again.'), { 'Retry-After': '10' })
    }
    const client = { response: open(request), captures: request.caller !== undefined && may(request.caller.role, 'capture'), isWelcome: () => isWelcome(deps, request) }
    clients.add(client)
    client.response.on('close', () => clients.delete(client))
    client.response.write('retry: 3000\n\n')
  }
  return {
    route: { method: 'GET', path: '/events', access: 'read', handle },
    get clients() { return clients.size },
    close: () => {
      clearInterval(timer)
      stopStudies()
      stopDevices()
      stopVisits()
      stopSaying?.()
      for (const { response } of clients) response.end()
      clients.clear()
    }
  }
}

function open({ ctx }: RouteRequest): ServerResponse {
  ctx.respond = false
  ctx.req.socket.setTimeout(0)
  ctx.req.socket.setNoDelay(true)
  ctx.res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  return ctx.res
}

/** Listening is not use: a session left alone ends although its page is open. */
async function isWelcome(deps: WebDependencies, { ctx, caller }: RouteRequest): Promise<boolean> {
  if (caller?.via === 'token') return (await deps.access.tokens.verify(ctx.get('authorization').replace(/^Bearer +/i, '').trim())) !== undefined
  const secret = readSessionCookie(ctx)
  const session = secret ? await deps.access.sessions.resolve(secret, { peek: true }) : undefined
  const user = session && deps.access.users.get(session.userId)
  return user !== undefined && !user.disabled && user.role === caller?.role
}
