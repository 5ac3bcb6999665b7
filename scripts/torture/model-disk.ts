import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from './journal.js'
import type { Random } from './random.js'

type File = { kind: 'file'; data: Buffer; durable: Buffer }
type Change = { readonly number: number; readonly name: string; readonly node: Node | undefined }
/** `durable`: the entries at its last fsync; `pending`: what was changed since. */
type Folder = { kind: 'folder'; entries: Map<string, Node>; durable: Map<string, Node>; pending: Change[] }
type Node = File | Folder

/**
 * kept: all that the kernel took (the process died). lost: nothing but what was fsynced, of files and of folders (the
 * strictest power cut). mixed: names up to some moment, and of each file the old, the new or torn bytes.
 */
export type Survival = 'kept' | 'lost' | 'mixed'

const NONE = Buffer.alloc(0)

/** A disk in memory that remembers of everything what is fsynced. */
export class ModelDisk {
  readonly #top: Folder
  readonly #handles = new Map<string, Node>()
  /** Operations that could not be followed; the picture is wrong when there is one. */
  readonly surprises: string[] = []
  constructor(readonly root: string) {
    this.#top = load(root, new Map()) as Folder
  }

  apply(operation: Operation): void {
    const { kind, handle, path } = operation
    const node = this.#handles.get(handle)
    if (kind === 'open') this.#open(operation)
    else if (kind === 'close') this.#handles.delete(handle)
    else if (kind === 'mkdir') this.#put(operation, path, newFolder())
    else if (kind === 'unlink' || kind === 'rmdir') this.#put(operation, path, undefined)
    else if (kind === 'rename' || kind === 'link') this.#name(operation)
    else if (kind === 'fsync' && node) settle(node)
    else if (kind === 'write' && node?.kind === 'file') node.data = overlaid(node.data, operation)
    else if (kind === 'truncate' && node?.kind === 'file') node.data = resized(node.data, operation.offset)
    else this.surprises.push(`${kind} ${path || handle}`)
  }

  /** Writes the disk as it would be found into a new folder. */
  materialise(target: string, survival: Survival, random: Random): void {
    const newest = this.#newest(this.#top)
    const until = survival === 'mixed' ? random.below(newest + 1) : 0
    write(this.#top, target, { survival, until, random })
  }

  #open({ handle, path, offset, number }: Operation): void {
    const found = this.#find(path)
    const node = found ?? { kind: 'file', data: NONE, durable: NONE }
    if (!found) {
      if (!(offset & 1)) this.surprises.push(`open of unknown ${path}`)
      this.#put({ number }, path, node)
    }
    if (offset & 2 && node.kind === 'file') node.data = NONE
    this.#handles.set(handle, node)
  }

  #name({ kind, path, to, number }: Operation): void {
    const node = this.#find(path)
    if (!node) this.surprises.push(`${kind} of unknown ${path}`)
    // Two names of one file: rename(2) does nothing, and both stay.
    if (kind === 'rename' && node && this.#find(to) === node) return
    if (kind === 'rename') this.#put({ number }, path, undefined)
    this.#put({ number }, to, node)
  }

  #put({ number }: Pick<Operation, 'number'>, path: string, node: Node | undefined): void {
    const slash = path.lastIndexOf('/')
    const parent = this.#find(path.slice(0, slash))
    if (parent?.kind !== 'folder') { this.surprises.push(`no folder for ${path}`); return }
    const name = path.slice(slash + 1)
    if (node) parent.entries.set(name, node)
    else parent.entries.delete(name)
    parent.pending.push({ number, name, node })
  }

  #find(path: string): Node | undefined {
    const parts = path.slice(this.root.length).split('/').filter(Boolean)
    return parts.reduce<Node | undefined>((node, part) => (node?.kind === 'folder' ? node.entries.get(part) : undefined), this.#top)
  }

  #newest(folder: Folder): number {
    const below = [...folder.entries.values()].map((node) => (node.kind === 'folder' ? this.#newest(node) : 0))
    return Math.max(folder.pending.at(-1)?.number ?? 0, ...below)
  }
}

const newFolder = (): Folder => ({ kind: 'folder', entries: new Map(), durable: new Map(), pending: [] })

function settle(node: Node): void {
  if (node.kind === 'file') { node.durable = node.data; return }
  node.durable = new Map(node.entries)
  node.pending = []
}

function overlaid(before: Buffer, { data, offset }: Operation): Buffer {
  const after = Buffer.alloc(Math.max(before.length, offset + data.length))
  before.copy(after)
  data.copy(after, offset)
  return after
}

const resized = (data: Buffer, length: number): Buffer => (length <= data.length ? data.subarray(0, length) : Buffer.concat([data], length))

type Cut = { readonly survival: Survival; readonly until: number; readonly random: Random }

function write(folder: Folder, target: string, cut: Cut): void {
  mkdirSync(target, { recursive: true })
  for (const [name, node] of entriesAfter(folder, cut)) {
    const path = join(target, name)
    if (node.kind === 'folder') write(node, path, cut)
    else writeFileSync(path, dataAfter(node, cut))
  }
}

function entriesAfter(folder: Folder, { survival, until }: Cut): Map<string, Node> {
  if (survival === 'kept') return folder.entries
  const entries = new Map(folder.durable)
  for (const { number, name, node } of folder.pending) {
    if (survival === 'lost' || number > until) break
    if (node) entries.set(name, node)
    else entries.delete(name)
  }
  return entries
}

function dataAfter({ data, durable }: File, { survival, random }: Cut): Buffer {
  if (survival === 'kept' || data === durable) return data
  if (survival === 'lost') return durable
  const choice = random.below(4)
  if (choice < 2) return choice === 0 ? durable : data
  const kept = Math.min(durable.length, data.length)
  const length = kept + random.below(data.length - kept + 1)
  return choice === 2 ? data.subarray(0, length) : Buffer.concat([data.subarray(0, length)], data.length)
}

/** What is there at the start counts as durable; names of one file stay one file. */
function load(path: string, known: Map<number, Node>): Node {
  const { ino, nlink } = statSync(path)
  const before = known.get(ino)
  if (before) return before
  const names = namesIn(path)
  if (names === undefined) {
    const data = readFileSync(path)
    const file: File = { kind: 'file', data, durable: data }
    if (nlink > 1) known.set(ino, file)
    return file
  }
  const entries = new Map(names.map((name) => [name, load(join(path, name), known)]))
  return { kind: 'folder', entries, durable: new Map(entries), pending: [] }
}

function namesIn(path: string): string[] | undefined {
  return statSync(path).isDirectory() ? readdirSync(path) : undefined
}
