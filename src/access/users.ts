import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { IsoTime } from '../domain/ids.js'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Clock } from '../platform/clock.js'
import { parseDocument, renderDocument } from '../platform/checked-json.js'
import { makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import { JsonDocument } from '../store/durable-document.js'
import type { Failures } from './attempts.js'
import { NO_FAILURES, clampLock } from './attempts.js'
import { hashPin, pinProblem } from './pin.js'
import type { Role } from './roles.js'
import { isRole } from './roles.js'

/** A person of the clinic as others may see them; the PIN's hash never leaves `access/`. */
export type User = {
  /** Login id: lower case letters, digits, dot, dash; 2 to 32. */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdAt: IsoTime
  readonly createdBy: string
  readonly disabled: boolean
  /** Locale of the pages as this person chose it. */
  readonly language?: string
  /** Set while the PIN is refused after too many failures; an admin can unlock. */
  readonly lockedUntil?: IsoTime
}

/** `pin`: 6 to 32 digits, not all the same and not a run like 123456. */
export type NewUser = { readonly id: string; readonly name: string; readonly role: Role; readonly pin: string }

/** What is on disk; only `access/` sees it. */
export type StoredUser = Omit<User, 'lockedUntil'> & { readonly pinHash: string; readonly failures: Failures }
type Content = { readonly users: Readonly<Record<string, StoredUser>> }
const NOBODY: Content = { users: {} }

const normaliseId = (id: string): string => id.trim().toLowerCase()

/** Everybody who may sign in: one durable document `<data>/access/users.json`. */
export class Users {
  /** The newest version was damaged or missing at the start: what was changed last (a disabled user, a new PIN) is undone. */
  readonly isFromPrevious: boolean

  private readonly copying = new KeyedQueue()

  private constructor(private readonly document: JsonDocument<Content>, private readonly folder: string, private readonly clock: Clock) {
    this.isFromPrevious = document.origin === 'previous'
  }

  /** @throws DamagedError when the document, its previous version and its copy are damaged */
  static async open(folder: string, clock: Clock): Promise<Users> {
    await makeDirectoryDurable(folder)
    const users = new Users(await openOrPutBack(folder), folder, clock)
    if (users.count > 0 && !users.isFromPrevious) await users.copy()
    return users
  }

  /** Writes everybody again as memory has them, since the file was found damaged. @throws StoreFullError */
  rewrite(): Promise<void> { return this.document.rewrite() }

  get count(): number { return Object.keys(this.document.data.users).length }

  list(): User[] { return Object.values(this.document.data.users).map((user) => this.publicPart(user)) }

  get(id: string): User | undefined {
    const user = this.stored(id)
    return user && this.publicPart(user)
  }

  stored(id: string): StoredUser | undefined {
    const users = this.document.data.users
    return Object.hasOwn(users, normaliseId(id)) ? users[normaliseId(id)] : undefined
  }

  /** The first rule that the new user breaks, or undefined; `prefix` leads the path of the field. */
  check(input: NewUser, prefix = ''): Problem | undefined {
    const id = normaliseId(input.id)
    if (!/^[a-z][a-z0-9.-]{1,31}$/.test(id)) {
      return problem('bad-user-id', 'A login name has 2 to 32 lower case letters, digits, dots or dashes, and begins with a letter.', `${prefix}id`)
    }
    if (['system', 'terminal', 'unknown', 'cli'].includes(id)) return problem('bad-user-id', 'This login name is kept for the appliance itself. Choose another one.', `${prefix}id`)
    if (this.stored(id)) return problem('user-exists', 'There is already a user of this login name. Choose another one.', `${prefix}id`)
    if (input.name.trim() === '' || input.name.length > 100) return problem('bad-user-name', 'Write the name of the person, at most 100 characters.', `${prefix}name`)
    if (!isRole(input.role)) return problem('bad-role', 'Choose one of viewer, operator, clinician, admin.', `${prefix}role`)
    return pinProblem(input.pin, `${prefix}pin`)
  }

  /** Durable on return. */
  async add(input: NewUser, by: string): Promise<Result<User, Problem>> {
    const wrong = this.check(input)
    if (wrong) return err(wrong)
    const user: StoredUser = {
      id: normaliseId(input.id), name: input.name.trim(), role: input.role, disabled: false,
      createdAt: this.clock.now().toISOString(), createdBy: by, pinHash: await hashPin(input.pin), failures: NO_FAILURES
    }
    await this.write(({ users }) => ({ users: { ...users, [user.id]: user } }))
    return ok(this.publicPart(user))
  }

  /** A new PIN also ends the lock. */
  async setPin(id: string, pin: string): Promise<Result<User, Problem>> {
    const wrong = pinProblem(pin, 'pin')
    if (wrong) return err(wrong)
    const pinHash = await hashPin(pin)
    return this.change(id, (user) => ({ ...user, pinHash, failures: NO_FAILURES }))
  }

  unlock(id: string): Promise<Result<User, Problem>> {
    return this.change(id, (user) => ({ ...user, failures: NO_FAILURES }))
  }

  /** The last admin who is not disabled stays one: nobody could unlock anything any more. */
  async setDisabled(id: string, disabled: boolean): Promise<Result<User, Problem>> {
    if (disabled && this.isLastAdmin(id)) return err(LAST_ADMIN)
    return this.change(id, (user) => ({ ...user, disabled }))
  }

  async setRole(id: string, role: Role): Promise<Result<User, Problem>> {
    if (role !== 'admin' && this.isLastAdmin(id)) return err(LAST_ADMIN)
    return this.change(id, (user) => ({ ...user, role }))
  }

  setLanguage(id: string, language: string): Promise<Result<User, Problem>> {
    return this.change(id, (user) => ({ ...user, language }))
  }

  setFailures(id: string, failures: Failures): Promise<Result<User, Problem>> {
    return this.change(id, (user) => ({ ...user, failures }))
  }

  /** Failures with a lock that a wrong clock put too far ahead cut to the longest wait. */
  failuresOf(id: string): Failures {
    return clampLock(this.stored(id)?.failures ?? NO_FAILURES, this.clock.now())
  }

  private isLastAdmin(id: string): boolean {
    const admins = this.list().filter((user) => user.role === 'admin' && !user.disabled)
    return admins.length === 1 && admins[0]?.id === normaliseId(id)
  }

  private async change(id: string, next: (user: StoredUser) => StoredUser): Promise<Result<User, Problem>> {
    const known = this.stored(id)
    if (!known) return err(problem('no-such-user', 'There is no such user. Load the page again.'))
    await this.write(({ users }) => ({ users: { ...users, [known.id]: next(users[known.id] ?? known) } }))
    return ok(this.publicPart(this.stored(known.id) as StoredUser))
  }

  private async write(next: (content: Content) => Content): Promise<void> {
    await this.document.change(next)
    await this.copy()
  }

  /** A third copy in a folder of its own: a disk that loses both versions beside each other must not cost the clinic its day. What can't be written there is written at the next change or start. */
  private async copy(): Promise<void> {
    await this.copying.run('', () => writeDocumentDurable(copyOf(this.folder), this.document.data)).catch(() => undefined)
  }

  private publicPart({ id, name, role, createdAt, createdBy, disabled, language, failures }: StoredUser): User {
    const locked = failures.lockedUntil !== undefined && Date.parse(failures.lockedUntil) > this.clock.now().getTime()
    return { id, name, role, createdAt, createdBy, disabled, ...(language ? { language } : {}), ...(locked ? { lockedUntil: failures.lockedUntil } : {}) }
  }
}

const copyOf = (folder: string): string => join(folder, 'kept', 'users.json')

async function writeDocumentDurable(path: string, content: Content): Promise<void> {
  await makeDirectoryDurable(dirname(path))
  await writeFileDurable(path, renderDocument(content))
}

/** The copy takes the place of the version before the newest where there is neither of the two; it never opens the set-up, which would make anybody an administrator. */
async function openOrPutBack(folder: string): Promise<JsonDocument<Content>> {
  const path = join(folder, 'users.json')
  const opened = await JsonDocument.open<Content>(path, NOBODY).catch((error: unknown) => {
    if (error instanceof DamagedError) return error
    throw error
  })
  if (opened instanceof JsonDocument && opened.origin !== 'new') return opened
  const copy = parseDocument(await readFile(copyOf(folder), 'utf8').catch(() => ''))
  if (copy?.signed) await writeDocumentDurable(`${path}.previous`, copy.data as Content)
  else if (opened instanceof DamagedError) throw opened
  return JsonDocument.open<Content>(path, NOBODY)
}

const LAST_ADMIN = problem('last-admin', 'This is the only administrator. Make another one first.')
