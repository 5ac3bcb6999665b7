import { randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'

/**
 * argon2id with 64 MiB and three passes, about 0.1 s on one core: a PIN has few digits, so what slows a thief of the
 * disk is this cost, and what stops one at the tablet is the lock (`attempts.ts`).
 */
const OPTIONS = { algorithm: 2, memoryCost: 65_536, timeCost: 3, parallelism: 1 } as const

export const hashPin = (pin: string): Promise<string> => hash(pin, OPTIONS)

export const verifyPin = (stored: string, pin: string): Promise<boolean> => verify(stored, pin)

/** Eight digits that `pinProblem` accepts. */
export function makePin(): string {
  const pin = String(randomInt(100_000_000)).padStart(8, '0')
  return pinProblem(pin, 'pin') ? makePin() : pin
}

/** Why this PIN is refused: 6 to 32 digits, not all the same, no run up or down. */
export function pinProblem(pin: string, path: string): Problem | undefined {
  if (!/^\d{6,32}$/.test(pin)) return problem('bad-pin', 'A PIN has at least 6 digits and nothing else. Choose one of 6 to 32 digits.', path)
  const steps = new Set([...pin].slice(1).map((digit, index) => Number(digit) - Number(pin[index])))
  const [only] = steps
  if (steps.size === 1 && Math.abs(only as number) <= 1) {
    return problem('bad-pin', 'This PIN is too easy to guess: choose one that is not the same digit repeated nor a run like 123456.', path)
  }
  return undefined
}
