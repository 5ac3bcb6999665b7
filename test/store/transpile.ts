import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')
const compilerOptions: ts.CompilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }

/** JavaScript of some rooms of src/ in a temporary folder, so that a child process can run (and be killed in) them. */
export async function transpileRooms(rooms: readonly string[]): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), 'screenpost-child-'))
  await writeFile(join(out, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(out, 'node_modules'))
  for (const room of rooms) {
    for (const name of await readdir(join(root, 'src', room), { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.d.ts')) continue
      const target = join(out, room, name.replace(/\.ts$/, '.js'))
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, ts.transpileModule(await readFile(join(root, 'src', room, name), 'utf8'), { compilerOptions }).outputText)
    }
  }
  return out
}
