import { basename, extname, join } from 'node:path'

/** Names a folder for each file under `root`, after the file; two of one name (`a/eye.jpg`, `b/eye.png`) get `eye` and `eye-2`. */
export function overlayFolders(root: string): (file: string) => string {
  const taken = new Set<string>()
  return (file) => {
    const stem = basename(file, extname(file))
    let name = stem
    for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${stem}-${n}`
    taken.add(name.toLowerCase())
    return join(root, name)
  }
}
