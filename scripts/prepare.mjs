import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// npm runs `prepare` after `npm ci`, and once more at the first `npx screenpost`. The second time would build for half a minute without a
// word, and write over the files of a service that may be running from them: what is built and newer than its sources stays.
const root = fileURLToPath(new URL('..', import.meta.url))
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
const below = (folder) => readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name))
const sources = [...['appliance', 'src', 'scripts'].flatMap((folder) => below(join(root, folder))),
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name))]

const built = modified(join(root, 'dist/built'))
if (built === 0 || sources.some((source) => modified(source) >= built)) execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' })
