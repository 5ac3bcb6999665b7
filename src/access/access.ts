import { join } from 'node:path'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'
import type { Clock } from '../platform/clock.js'
import { KeyedQueue } from '../platform/keyed-queue.js'
import type { Failures } from './attempts.js'
import { AddressLimit, NO_FAILURES, addFailure, lockProblem } from './attempts.js'
import { hashPin, makePin, verifyPin } from './pin.js'
import { Sessions } from './sessions.js'
import type { Role } from './roles.js'
import { Tokens, createToken } from './tokens.js'
import type { NewUser, User } from './users.js'
import { Users } from './users.js'

export type Login = { readonly user: string; readonly pin: string; readonly address: string }

/** The first people, and the PIN from the terminal that lets them be made. */
export type Setup = {
  readonly firstLoginPin: string; readonly address: string
  readonly admin: Omit<NewUser, 'role'>; readonly nurse?: Omit<NewUser, 'role'>
}

const BAD_LOGIN = problem('bad-login', 'The user or the PIN is wrong. Check both and try again.')
const BAD_FIRST_PIN = problem('bad-login', 'The first-login PIN is wrong. It is on the label of the box, or on the terminal where Screenpost was started; there each start makes a new one.', 'firstLoginPin')
const SETUP_DONE = problem('setup-done', 'The first users were made already. Sign in with your own PIN.')
const BUSY = problem('too-many-attempts', 'Too many people sign in at once. Wait a minute and try again.')
const LONGEST_QUEUE = 20
const UNKNOWN_USERS = 200

/** Who may come in: users with PINs, sessions of browsers, tokens of programs, all under `<data>/access/`. */
export class Access {
  private readonly queue = new KeyedQueue()
  private readonly byAddress = new AddressLimit()
  /** Failures for login names that nobody has: they lock as real ones do, so that a lock tells nothing. */
  private readonly unknown = new Map<string, Failures>()
  private waiting = 0
  private firstLoginHash: string | undefined
  private dummyHash: Promise<string> | undefined

  private constructor(readonly users: Users, readonly sessions: Sessions, readonly tokens: Tokens, private readonly clock: Clock) {}

  /** `clockTrusted`: whether the time can be told; sessions of before go on only then. */
  static async open({ folder, clock, clockTrusted = () => true }: { folder: string; clock: Clock; clockTrusted?: () => boolean }): Promise<Access> {
    const users = await Users.open(folder, clock)
    const sessions = await Sessions.open(join(folder, 'sessions'), clock, clockTrusted)
    const tokens = new Tokens(join(folder, 'tokens'))
    await tokens.list()
    return new Access(users, sessions, tokens, clock)
  }

  /** A new bearer token, shown once; the caller records it. */
  createToken(wanted: { role: Role; label: string; by: string }): Promise<{ token: string; id: string }> {
    return createToken({ ...wanted, folder: this.tokens.folder, clock: this.clock })
  }

  /** True until the first admin was made. */
  needsSetup(): boolean { return this.users.count === 0 }

  /**
   * A new first-login PIN for the terminal, while there is no user; undefined otherwise. Only its hash is kept, in
   * memory; it opens `/setup` once and an earlier one ends. A box's own label code takes its place.
   */
  async newFirstLoginPin(labelCode?: string): Promise<string | undefined> {
    if (!this.needsSetup()) return undefined
    const pin = labelCode ?? makePin()
    this.firstLoginHash = await hashPin(pin)
    return pin
  }

  /** Problems: `bad-login`, `locked`, `too-many-attempts`. A wrong PIN, an unknown and a disabled user look alike. */
  checkPin(login: Login): Promise<Result<User, Problem>> {
    return this.oneAtATime(login.address, async () => {
      const id = login.user.trim().toLowerCase()
      const stored = this.users.stored(id)
      const failures = stored ? this.users.failuresOf(id) : (this.unknown.get(id) ?? NO_FAILURES)
      const locked = lockProblem(failures, this.clock.now())
      if (locked) return err(locked)
      const right = await this.isRight(stored?.pinHash, login.pin)
      if (stored && right && !stored.disabled) {
        if (failures.count > 0) await this.users.setFailures(id, NO_FAILURES)
        return ok(this.users.get(id) as User)
      }
      await this.fail(id, failures, login.address)
      return err(BAD_LOGIN)
    })
  }

  /** Makes the admin and, when given, the nurse (operator). Problems: see `web/sign-in.ts`. */
  completeSetup(setup: Setup): Promise<Result<User, Problem>> {
    return this.oneAtATime(setup.address, async () => {
      if (!this.needsSetup()) return err(SETUP_DONE)
      if (!this.firstLoginHash || !(await this.isRight(this.firstLoginHash, setup.firstLoginPin))) {
        this.byAddress.fail(setup.address, this.clock.monotonicMs())
        return err(BAD_FIRST_PIN)
      }
      const admin: NewUser = { ...setup.admin, role: 'admin' }
      const nurse: NewUser | undefined = setup.nurse && { ...setup.nurse, role: 'operator' }
      const wrong = this.users.check(admin, 'admin.') ?? (nurse && this.users.check(nurse, 'nurse.')) ?? sameId(admin, nurse)
      if (wrong) return err(wrong)
      this.firstLoginHash = undefined
      const made = await this.users.add(admin, 'terminal')
      if (made.ok && nurse) await this.users.add(nurse, made.value.id)
      return made
    })
  }

  /** PIN checks wait for each other: guesses in parallel never outrun the count, and memory stays bounded. */
  private async oneAtATime(address: string, check: () => Promise<Result<User, Problem>>): Promise<Result<User, Problem>> {
    const limited = () => this.byAddress.problem(address, this.clock.monotonicMs())
    if (this.waiting >= LONGEST_QUEUE) return err(BUSY)
    this.waiting += 1
    try {
      return await this.queue.run('pin', async () => {
        const tooMany = limited()
        return tooMany ? err(tooMany) : check()
      })
    } finally {
      this.waiting -= 1
    }
  }

  /** Takes as long for a user that does not exist. */
  private async isRight(hash: string | undefined, pin: string): Promise<boolean> {
    if (pin.length > 64) return false
    if (hash) return verifyPin(hash, pin)
    this.dummyHash ??= hashPin(makePin())
    await verifyPin(await this.dummyHash, pin)
    return false
  }

  private async fail(id: string, failures: Failures, address: string): Promise<void> {
    this.byAddress.fail(address, this.clock.monotonicMs())
    const next = addFailure(failures, this.clock.now())
    if (this.users.stored(id)) {
      await this.users.setFailures(id, next)
      return
    }
    this.unknown.delete(id)
    this.unknown.set(id.slice(0, 64), next)
    if (this.unknown.size > UNKNOWN_USERS) this.unknown.delete(this.unknown.keys().next().value as string)
  }
}

const sameId = (admin: NewUser, nurse: NewUser | undefined): Problem | undefined =>
  nurse && nurse.id.trim().toLowerCase() === admin.id.trim().toLowerCase()
    ? problem('user-exists', 'The two people need different login names.', 'nurse.id') : undefined
