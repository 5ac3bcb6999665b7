import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** The reader's process as `npm run build` compiled it: a forked process can't run TypeScript. `npm test` builds first. */
export const builtChild = resolve(import.meta.dirname, '../../../dist/src/pipeline/reader/child.js')
if (!existsSync(builtChild)) throw new Error(`${builtChild} is missing: run npm run build first`)

/** A child that misbehaves on command, see the file. */
export const misbehavingChild = resolve(import.meta.dirname, 'misbehaving-child.mjs')
