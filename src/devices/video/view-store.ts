import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { VideoView } from '../../domain/video-session.js'
import { isErrno, writeFileDurable } from '../../platform/durable-fs.js'
import { openStateFolder } from '../state-folder.js'

const share = z.number().min(0).max(1)
/** What of the picture is kept, as it comes from the page. */
export const viewSchema = z.object({
  keep: z.array(z.tuple([share, share])).min(3).max(200),
  mask: z.array(z.tuple([share, share, share, share])).max(20).default([])
})

const VIEW = 'view.json'

/** The view chosen for one device, in a file that survives a power cut, an emptied spool and a restore: none of them may let names through. */
export class ViewStore {
  private constructor(private readonly path: string, public view: VideoView | undefined) {}

  static async open(host: Parameters<typeof openStateFolder>[0]): Promise<ViewStore> {
    const path = join(await openStateFolder(host, 'video', { main: VIEW }), VIEW)
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
