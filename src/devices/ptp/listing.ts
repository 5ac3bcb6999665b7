/** Entries of one folder as `ls` in gphoto2's shell shows them: columns of 20, folders end in a slash. Names of cameras (DCF, CIPA DC-009) hold no blanks. */
export function parseListing(text: string): { readonly folders: readonly string[]; readonly files: readonly string[] } {
  const names = text.split(/\s+/).filter((name) => name !== '' && !/[\p{Cc}"'\\*?]/u.test(name) && !/^\.{1,2}\/?$/.test(name))
  return { folders: names.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)), files: names.filter((name) => !name.endsWith('/')) }
}

/** Pictures that can be read here; raw files, films and sound stay on the camera. */
export const isPicture = (name: string): boolean => /\.(jpe?g|png|tiff?|dcm)$/i.test(name)

/** When a picture was taken, by what `show-info` says of it: the camera's clock, which shows the clinic's time and may be so much behind. */
export function takenAtIn(text: string, graceMs: number): string | undefined {
  const takenMs = Date.parse(/^\s*Time:\s+(.+)$/m.exec(text)?.[1] ?? '')
  return Number.isNaN(takenMs) ? undefined : new Date(takenMs + graceMs).toISOString()
}

/** Paths of files that the camera told of as new while it was waited for. */
export const addedIn = (text: string): string[] => [...text.matchAll(/^FILEADDED (\S+) (\/\S*)$/gm)].map(([, name = '', folder = '']) => `${folder === '/' ? '' : folder}/${name}`)

export const NOT_SUPPORTED = -6
export const NO_SUCH_FOLDER = -107

/** Whether what the shell said is an error, and which: gphoto2's own number (-6: not supported, -52: no device). */
export const errorIn = (text: string): number | undefined => {
  const number = /\*\*\* Error \((-\d+)/.exec(text)?.[1]
  return number === undefined ? undefined : Number(number)
}
