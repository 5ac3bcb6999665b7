/** What the appliance acknowledged. `at`: changes counted when the answer was there; a crash after that must not undo it. */
export type Acknowledged =
  | { readonly kind: 'object'; readonly at: number; readonly by: 'C-STORE' | 'HTTP' | 'inbox'; readonly fingerprint: string; readonly sha256?: string }
  | { readonly kind: 'patient'; readonly at: number; readonly id: string }
  | { readonly kind: 'attached'; readonly at: number; readonly fingerprint: string; readonly patientId: string }
  | { readonly kind: 'review'; readonly at: number; readonly fingerprint: string; readonly reason: string }

export type Ledger = Acknowledged[]
