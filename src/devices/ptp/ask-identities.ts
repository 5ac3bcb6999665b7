import type { Identity } from './identity.js'
import { identitiesIn } from './identity.js'
import { NOT_SUPPORTED, errorIn } from './listing.js'
import type { CameraShell } from './shell.js'

/** Of names in one line to the shell, so that a thousand pictures are asked about in half a second; at 1024 gphoto2 (2.5.28) breaks down. */
const LINE_CHARACTERS = 800

/** Which picture each path stands for, of those that the camera answered about; undefined where it does not tell any. @throws ShellEnded */
export async function askIdentities(shell: Pick<CameraShell, 'run'>, paths: readonly string[]): Promise<Map<string, Identity | undefined>> {
  const told = new Map<string, Identity | undefined>()
  for (const [folder, names] of byFolder(paths)) {
    if (errorIn(await shell.run(`cd ${folder === '' ? '/' : folder}`)) !== undefined) continue
    for (let left: readonly string[] = names; left.length > 0;) {
      const asked = firstOf(left)
      const said = await shell.run(`show-info ${asked.join(' ')}`)
      const identities = identitiesIn(said)
      // The shell stops at the first name that it can not tell about: that one is left out, and those behind it are asked about again.
      const answered = [undefined, NOT_SUPPORTED].includes(errorIn(said)) ? asked.length : identities.size
      for (const name of asked.slice(0, answered)) told.set(`${folder}/${name}`, identities.get(name))
      left = left.slice(Math.min(answered + 1, asked.length))
    }
  }
  return told
}

/** As many names as go into one line, one at least. */
function firstOf(names: readonly string[]): readonly string[] {
  let characters = 0
  const end = names.findIndex((name) => (characters += name.length + 1) > LINE_CHARACTERS)
  return end < 0 ? names : names.slice(0, Math.max(1, end))
}

function byFolder(paths: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>()
  for (const path of paths) {
    const slash = path.lastIndexOf('/')
    const folder = path.slice(0, slash)
    const names = folders.get(folder) ?? []
    names.push(path.slice(slash + 1))
    folders.set(folder, names)
  }
  return folders
}
