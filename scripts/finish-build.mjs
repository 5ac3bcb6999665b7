import { chmod, writeFile } from 'node:fs/promises'

await chmod(new URL('../dist/appliance/main.js', import.meta.url), 0o755)
// Last of all: scripts/prepare.mjs takes what is older than this as built.
await writeFile(new URL('../dist/built', import.meta.url), '')
