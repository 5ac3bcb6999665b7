import type { Context } from 'koa'
import type { Capability, Role } from '../access/roles.js'

export type { Capability }

/** Who asks: a person by session or a program by bearer token. */
export type Caller = { readonly id: string; readonly name: string; readonly role: Role; readonly via: 'session' | 'token'; readonly language?: string }

/**
 * One route. `access` is enforced by the server in one place before `handle` runs: `public` routes have no caller.
 * `audit` names the event written before the answer leaves (`study.view`); undefined only for static parts and polling.
 */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'
  readonly path: string
  readonly access: 'public' | Capability
  readonly audit?: string
  handle(request: RouteRequest): Promise<void>
}

export type RouteRequest = {
  readonly ctx: Context
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Absent on public routes without a session. */
  readonly caller?: Caller
  /** Parsed urlencoded or JSON body (at most 64 KiB), for methods that have one; multipart and tus bodies stay a stream on ctx.req. */
  readonly body: Readonly<Record<string, unknown>>
  /** Token that every form repeats in the field `_csrf` (session callers). */
  readonly csrf: string
}
