/**
 * Entries of one folder as `ls` in gphoto2's shell shows them when it is quiet: how many folders, one a line, how many files, one a line. (In columns
 * a name of 20 characters or more has no blank behind it.) Names of cameras (DCF, CIPA DC-009) hold no blanks; the shell takes none that does.
 */
export function parseListing(text: string): { readonly folders: readonly string[]; readonly files: readonly string[] } {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
  const start = lines.findIndex((line) => COUNT.test(line))
  const folders = start < 0 ? [] : counted(lines, start)
  const files = start < 0 ? [] : counted(lines, start + 1 + folders.length)
  return { folders: folders.filter(isAskable), files: files.filter(isAskable) }
}

const COUNT = /^\d+$/
const counted = (lines: readonly string[], at: number): readonly string[] => (COUNT.test(lines[at] ?? '') ? lines.slice(at + 1, at + 1 + Number(lines[at])) : [])
const isAskable = (name: string): boolean => name !== '' && !/[\s\p{Cc}"'\\*?/]/u.test(name) && !/^\.{1,2}$/.test(name)

/** Pictures that can be read here; raw files, films and sound stay on the camera. */
export const isPicture = (name: string): boolean => /\.(jpe?g|png|tiff?|dcm)$/i.test(name)

/** When a picture was taken, by what `show-info` says of it: the camera's clock, which shows the clinic's time and may be so much behind. */
export function takenAtIn(text: string, graceMs: number): string | undefined {
  const takenMs = Date.parse(/^\s*Time:\s+(.+)$/m.exec(text)?.[1] ?? '')
  return Number.isNaN(takenMs) ? undefined : new Date(takenMs + graceMs).toISOString()
}

/** Paths of files that the camera told of as new while it was waited for. */
export const addedIn = (text: string): string[] => [...text.matchAll(/^FILEADDED (\S+) (\/\S*)$/gm)].map(([, name = '', folder = '']) => `${folder === '/' ? '' : folder}/${name}`)

/** Paths of files that a release made, one a line when the shell is quiet: while it waits for them it uses up what the camera tells of them. */
export const releasedIn = (text: string): string[] => [...text.matchAll(/^(\/\S+)\r?$/gm)].map(([, path = '']) => path)

export const NOT_SUPPORTED = -6
export const NO_SUCH_FOLDER = -107

/** Whether what the shell said is an error, and which: gphoto2's own number (-6: not supported, -52: no device). */
export const errorIn = (text: string): number | undefined => {
  const number = /\*\*\* Error \((-\d+)/.exec(text)?.[1]
  return number === undefined ? undefined : Number(number)
}
