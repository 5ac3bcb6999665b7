import type { IsoTime } from '../domain/ids.js'
import type { Role } from './roles.js'

/** A person of the clinic as others may see them; the PIN's hash never leaves `access/`. */
export type User = {
  /** Login id: lower case letters, digits, dot, dash; 2 to 32. */
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdAt: IsoTime
  readonly createdBy: string
  readonly disabled: boolean
  /** Set while the PIN is refused after too many failures; an admin can unlock. */
  readonly lockedUntil?: IsoTime
}

/** `pin`: 6 to 32 digits, not all the same and not a run like 123456. */
export type NewUser = { readonly id: string; readonly name: string; readonly role: Role; readonly pin: string }
