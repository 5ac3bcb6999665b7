import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { VideoView } from '../../domain/video-session.js'
import { isErrno, makeDirectoryDurable, writeFileDurable } from '../../platform/durable-fs.js'

const share = z.number().min(0).max(1)
/** What of the picture is kept, as it comes from the page. */
export const viewSchema = z.object({
  keep: z.array(z.tuple([share, share])).min(3).max(200),
  mask: z.array(z.tuple([share, share, share, share])).max(20).default([])
})

/** The view chosen for one device, in a file that survives a power cut: a restart must not let names through. */
export class ViewStore {
  private constructor(private readonly path: string, public view: VideoView | undefined) {}

  static async open(folder: string): Promise<ViewStore> {
    await makeDirectoryDurable(join(folder, '..'))
    await makeDirectoryDurable(folder)
    const path = join(folder, 'view.json')
    return new ViewStore(path, await readView(path))
  }

  /** Durable on return. */
  async set(view: VideoView): Promise<void> {
    await writeFileDurable(this.path, `${JSON.stringify(view)}\n`)
    this.view = view
  }
}

/** @throws when there is a view that can't be read: capturing without it could store names */
async function readView(path: string): Promise<VideoView | undefined> {
  try {
    return viewSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
