import type { NewUser, User } from '../access/users.js'
import type { Problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import type { WebDependencies } from './dependencies.js'
import type { RouteRequest } from './route.js'
import { addressOf, clearSessionCookie, readSessionCookie, setSessionCookie } from './sessions-cookie.js'

/**
 * Checks the PIN, starts a session, sets its cookie and writes the audit record.
 * Problems: `bad-login` (user or PIN), `locked` and `too-many-attempts` (their message says for how long).
 */
export async function signIn(deps: WebDependencies, request: RouteRequest, login: { user: string; pin: string }): Promise<Result<User, Problem>> {
  const result = await deps.access.checkPin({ ...login, address: addressOf(request.ctx) })
  await deps.audit.record(result.ok
    ? { event: 'login', by: result.value.id, role: result.value.role, via: 'session' }
    : { event: 'login.failed', by: deps.access.users.get(login.user)?.id ?? 'unknown', via: 'session', detail: result.error.code })
  if (result.ok) await startSession(deps, request, result.value)
  return result
}

/** Ends the session of the cookie that came along. */
export async function signOut(deps: WebDependencies, request: RouteRequest): Promise<void> {
  const secret = readSessionCookie(request.ctx)
  if (secret) await deps.access.sessions.end(secret)
  if (request.caller) await deps.audit.record({ event: 'logout', by: request.caller.id, role: request.caller.role, via: 'session' })
  clearSessionCookie(request.ctx)
}

/** The first people of the appliance: the technician (admin), and the nurse (operator) when there is one already. */
export type SetupForm = { readonly firstLoginPin: string; readonly admin: Omit<NewUser, 'role'>; readonly nurse?: Omit<NewUser, 'role'> }

/**
 * Opens the appliance with the first-login PIN (single use) and signs the new admin in.
 * Problems: `setup-done`, `bad-login`, `too-many-attempts`, or one of the user rules (`bad-pin`, `bad-user-id`, ...) with its path.
 */
export async function completeSetup(deps: WebDependencies, request: RouteRequest, form: SetupForm): Promise<Result<User, Problem>> {
  const result = await deps.access.completeSetup({ ...form, address: addressOf(request.ctx) })
  await deps.audit.record(result.ok
    ? { event: 'setup', by: result.value.id, role: result.value.role, via: 'session' }
    : { event: 'setup.failed', by: 'unknown', via: 'session', detail: result.error.code })
  if (result.ok) await startSession(deps, request, result.value)
  return result
}

async function startSession(deps: WebDependencies, request: RouteRequest, user: User): Promise<void> {
  const previous = readSessionCookie(request.ctx)
  if (previous) await deps.access.sessions.end(previous)
  setSessionCookie(request.ctx, await deps.access.sessions.start(user.id))
}
