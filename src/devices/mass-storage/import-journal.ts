import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, readFile, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { fsyncDirectory, isErrno, makeDirectoryDurable, removeDurable, writeFileDurable } from '../../platform/durable-fs.js'

const KEY = /^[0-9a-f]{16}$/
const request = z.object({
  formatVersion: z.literal(1), medium: z.string(), id: z.string(), by: z.string(), wanted: z.union([z.literal('all'), z.array(z.string().regex(KEY)).readonly()]),
  visitId: z.string().optional()
})

/** An import as it was asked for: of which visit, and which pictures. */
export type ImportRequest = Omit<z.output<typeof request>, 'formatVersion' | 'medium'>

const ABANDONED_AFTER_MS = 90 * 24 * 3_600_000
/** Lines of `taken` kept when it is opened; only the mark "imported before" rests on older ones, the store knows every picture itself. */
const REMEMBERED = 200_000

/** What is known of one medium across unplugging and power cuts: `import.json` while an import is not finished, `taken` with a line for each file that is safe. */
export class ImportJournal {
  #log: FileHandle | undefined
  private constructor(private readonly folder: string, readonly medium: string, private readonly lines: Map<string, string>, public unfinished: ImportRequest | undefined) {}

  static async open(place: string, medium: string): Promise<ImportJournal> {
    const folder = join(place, nameOf(medium))
    await makeDirectoryDurable(folder)
    return new ImportJournal(folder, medium, await readTaken(join(folder, 'taken')), (await readRequest(folder))?.request)
  }

  /** Whether the file was imported ever, or by this import. */
  has(key: string, importId?: string): boolean {
    const by = this.lines.get(key)
    return by !== undefined && (importId === undefined || by === importId)
  }

  get size(): number { return this.lines.size }

  /** Durable on return. */
  async begin(asked: ImportRequest): Promise<void> {
    await writeFileDurable(join(this.folder, 'import.json'), `${JSON.stringify({ formatVersion: 1, medium: this.medium, ...asked })}\n`)
    this.unfinished = asked
  }

  /** The file is in the store. Durable on return. */
  async add(key: string, importId: string): Promise<void> {
    this.#log ??= await open(join(this.folder, 'taken'), 'a', 0o640)
    await this.#log.appendFile(`${key} ${importId}\n`)
    await this.#log.datasync()
    this.lines.set(key, importId)
  }

  async end(): Promise<void> {
    await removeDurable(join(this.folder, 'import.json'))
    this.unfinished = undefined
  }

  async close(): Promise<void> {
    await this.#log?.close()
    this.#log = undefined
  }
}

/** Media whose import is not finished, by name; what nobody came back for in three months is forgotten. */
export async function unfinishedMedia(place: string, nowMs: number): Promise<string[]> {
  const folders = await readdir(place).catch(() => [])
  const found = await Promise.all(folders.map(async (name) => {
    const folder = join(place, name)
    if (nowMs - (await stat(folder)).mtimeMs > ABANDONED_AFTER_MS) await removeDurable(folder)
    return (await readRequest(folder))?.medium
  }))
  return found.filter((name) => name !== undefined)
}

/** A mount's name may hold any bytes; the folder's name does not. */
const nameOf = (medium: string): string => createHash('sha256').update(medium).digest('hex').slice(0, 24)

/** An earlier release wrote "all" without saying which those were: on a medium that went on being used they are nobody's, and it is asked whose they are. */
async function readRequest(folder: string): Promise<{ medium: string; request: ImportRequest } | undefined> {
  try {
    const parsed = request.safeParse(JSON.parse(await readFile(join(folder, 'import.json'), 'utf8')))
    if (!parsed.success) return undefined
    const { medium, id, by, wanted, visitId } = parsed.data
    return { medium, request: { id, by, wanted, ...(wanted === 'all' ? {} : { visitId }) } }
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** A line torn by a power cut is left out: its file is offered again, and the store knows it. */
async function readTaken(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  })
  const lines = text.split('\n').filter((line) => /^[0-9a-f]{16} \S+$/.test(line))
  const kept = lines.slice(-REMEMBERED)
  const torn = text !== '' && !text.endsWith('\n')
  if (kept.length < lines.length || torn) await rewrite(path, kept)
  return new Map(kept.map((line) => [line.slice(0, 16), line.slice(17)]))
}

async function rewrite(path: string, lines: readonly string[]): Promise<void> {
  await writeFileDurable(`${path}.new`, `${lines.join('\n')}\n`)
  await rename(`${path}.new`, path)
  await fsyncDirectory(join(path, '..'))
}
