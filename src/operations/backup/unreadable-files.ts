import { isAbsolute, relative } from 'node:path'

/** Files that a backup lacks; `first` is one of them, by its path in the data folder. `count` is undefined where restic did not say. */
export type Unreadable = { readonly count: number | undefined; readonly first?: string }

type Said = { readonly message_type?: string; readonly item?: string; readonly error?: { readonly Err?: number; readonly message?: string } }

const ENOENT = 2

/** What restic's words on standard error (`--json`, status 3) say of files that are there and could not be read; undefined where all had only vanished meanwhile. */
export function unreadableFiles(stderr: string, dataFolder: string): Unreadable | undefined {
  const errors = stderr.split('\n').flatMap(errorIn)
  if (errors.length === 0) return { count: undefined }
  const there = errors.filter(({ error }) => error?.Err !== ENOENT && !error?.message?.includes('no such file'))
  const first = there[0]?.item
  return there.length === 0 ? undefined : { count: there.length, ...(first === undefined ? {} : { first: isAbsolute(first) ? relative(dataFolder, first) : first }) }
}

/** `3 files of the data folder`. */
export const filesText = ({ count }: Pick<Unreadable, 'count'>): string => `${count === undefined ? 'some files' : count === 1 ? '1 file' : `${count} files`} of the data folder`

function errorIn(line: string): Said[] {
  try {
    const said = JSON.parse(line) as Said
    return said.message_type === 'error' ? [said] : []
  } catch {
    return []
  }
}
