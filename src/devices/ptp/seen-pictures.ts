import type { FileHandle } from 'node:fs/promises'
import { open, readFile, stat } from 'node:fs/promises'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'
import type { Identity } from './identity.js'
import { isSamePicture } from './identity.js'

export const SEEN = 'seen'

/** A picture by its path on the camera, and which one that is, where the camera tells. */
export type Picture = { readonly path: string; readonly identity?: Identity | undefined }

/**
 * Pictures of the camera that are in the store or were on it before it was first connected; they survive unplugging and power cuts.
 * A name may stand for several: a card was formatted, or changed.
 */
export class SeenPictures {
  #log: FileHandle | undefined
  private constructor(private readonly file: string, private readonly known: Map<string, Identity[]>, readonly isFirst: boolean, /** When a list was written last that lacks names, milliseconds: those that an earlier release read as one with that of a film. */ readonly lacksNamesUntilMs?: number) {}

  static async open(file: string): Promise<SeenPictures> {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined
      throw error
    })
    const writtenMs = text === undefined ? undefined : (await stat(file)).mtimeMs
    // A line torn by a power cut is left out: its picture comes again, and the store knows it.
    const lines = (text ?? '').split('\n').slice(0, -1)
    if (text !== undefined && !text.endsWith('\n')) await writeFileDurable(file, lines.map((line) => `${line}\n`).join(''))
    return new SeenPictures(file, knownIn(lines), text === undefined, !lines.includes(BY_ITSELF) && lines.some(areJoined) ? writtenMs : undefined)
  }

  /** Of a camera that was never here, all that is on it: noted whole or not at all, since what is not noted counts as taken from now on. Durable on return. */
  async begin(pictures: readonly Picture[]): Promise<void> {
    await writeFileDurable(this.file, [`${BY_ITSELF}\n`, ...pictures.map(linesOf)].join(''))
    this.#remember(pictures)
  }

  /** The list anew, with what it lacked. Durable on return. */
  async complete(pictures: readonly Picture[]): Promise<void> {
    const noted = [...this.known].flatMap(([path, identities]) => (identities.length === 0 ? [{ path }] : identities.map((identity) => ({ path, identity }))))
    await this.begin([...noted, ...pictures])
  }

  has(path: string): boolean { return this.known.has(path) }

  /** Whether this one was seen; `unnoted` where the name was, and nobody knows of which picture (an earlier release noted names alone). */
  compare({ path, identity }: Picture): 'same' | 'another' | 'unnoted' {
    const noted = this.known.get(path) ?? []
    if (identity === undefined) return 'same'
    if (noted.length === 0) return 'unnoted'
    return noted.some((each) => isSamePicture(each, identity)) ? 'same' : 'another'
  }

  /** Durable on return. */
  async add(pictures: readonly Picture[]): Promise<void> {
    if (pictures.length === 0) return
    this.#log ??= await open(this.file, 'a', 0o640)
    await this.#log.appendFile(pictures.map(linesOf).join(''))
    await this.#log.datasync()
    this.#remember(pictures)
  }

  async close(): Promise<void> { await this.#log?.close() }

  #remember(pictures: readonly Picture[]): void {
    for (const { path, identity } of pictures) remember(this.known, path, identity)
  }
}

/** First line of a list that was begun with every name read by itself; no picture has such a name. */
const BY_ITSELF = '\tevery name by itself'

const IDENTITY = /^\t(\d+) (\d*)\t(.+)$/

/** The identity comes first, so that no name is known without it, and begins with a tab: an earlier release takes it for a name that no picture has. */
function linesOf({ path, identity }: Picture): string {
  return `${identity ? `\t${identity.bytes} ${identity.shownSeconds ?? ''}\t${path}\n` : ''}${path}\n`
}

function knownIn(lines: readonly string[]): Map<string, Identity[]> {
  const identities = new Map<string, Identity[]>()
  const known = new Map<string, Identity[]>()
  for (const line of lines) {
    const [, bytes, seconds, path] = IDENTITY.exec(line) ?? []
    if (path === undefined) for (const each of namesIn(line)) known.set(each, [])
    else remember(identities, path, { bytes: Number(bytes), ...(seconds ? { shownSeconds: Number(seconds) } : {}) })
  }
  for (const path of known.keys()) known.set(path, identities.get(path) ?? [])
  return known
}

/** An earlier release read names of 20 characters and more as one with the next, and noted them so. */
function namesIn(line: string): readonly string[] {
  const slash = line.lastIndexOf('/') + 1
  const names = line.slice(slash).split(/(?<=\.(?:jpe?g|png|tiff?|dcm|dng|heic|mp4|mov))(?=.)/i)
  return [line, ...(names.length > 1 ? names.map((name) => `${line.slice(0, slash)}${name}`) : [])]
}

/** Whether a line is of several names, all but the last too long for a column. */
function areJoined(line: string): boolean {
  const names = namesIn(line).slice(1).map((path) => path.slice(path.lastIndexOf('/') + 1))
  return names.length > 1 && names.slice(0, -1).every(({ length }) => length >= 20) && /.\.\w+$/.test(names.at(-1)!)
}

function remember(pictures: Map<string, Identity[]>, path: string, identity: Identity | undefined): void {
  const noted = pictures.get(path) ?? []
  pictures.set(path, identity ? [...noted, identity] : noted)
}
