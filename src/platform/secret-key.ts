import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const SECRET_KEY_BYTES = 32

/** A key of this appliance, made at its first use, durable and readable for its owner alone. Synchronous: it is read once at start. */
export function openSecretKey(path: string): Buffer {
  try {
    const key = readFileSync(path)
    if (key.length === SECRET_KEY_BYTES) return key
    throw new Error(`${path} is damaged. Restore it from a backup: another key would give everybody another pseudonym.`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return makeKey(path)
}

function makeKey(path: string): Buffer {
  const key = randomBytes(SECRET_KEY_BYTES)
  mkdirSync(dirname(path), { recursive: true })
  const fresh = `${path}.new`
  withFile(fresh, 'w', (file) => {
    writeSync(file, key)
    fsyncSync(file)
  })
  renameSync(fresh, path)
  withFile(dirname(path), 'r', fsyncSync)
  return key
}

function withFile(path: string, flags: string, act: (file: number) => void): void {
  const file = openSync(path, flags, 0o600)
  try {
    act(file)
  } finally {
    closeSync(file)
  }
}
