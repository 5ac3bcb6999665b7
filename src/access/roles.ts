export type Role = 'viewer' | 'operator' | 'clinician' | 'admin'

/** read: see. capture: register, upload, attach, answer. review: accept or change a verdict, merge. configure: users, devices, tokens. */
export type Capability = 'read' | 'capture' | 'review' | 'configure'

export const ROLES: readonly Role[] = ['viewer', 'operator', 'clinician', 'admin']

/** What each role may do. The admin configures and makes no clinical edit. */
const CAPABILITIES: Readonly<Record<Role, readonly Capability[]>> = {
  viewer: ['read'],
  operator: ['read', 'capture'],
  clinician: ['read', 'capture', 'review'],
  admin: ['read', 'configure']
}

export const capabilitiesOf = (role: Role): readonly Capability[] => CAPABILITIES[role]

export const may = (role: Role, capability: Capability): boolean => CAPABILITIES[role].includes(capability)

export const isRole = (value: unknown): value is Role => ROLES.includes(value as Role)
