import type { Problem } from '../domain/problem.js'
import { Ballast } from '../operations/ballast.js'
import { startDiskWatch } from '../operations/disk-watch.js'
import type { Setting } from './surroundings.js'

export type Caring = Awaited<ReturnType<typeof composeCaring>>

/** What keeps the data well while nobody looks: room on the disk, the slow check, retention. */
export async function composeCaring({ config, log, keep }: Setting) {
  const disk = keep(await startDiskWatch({ folder: config.dataFolder, marks: config.disk, ballast: new Ballast(config.dataFolder, config.disk.ballastBytes), log }))
  /** For every page. */
  const notices = (): Problem[] => [disk.problem()].flatMap((problem) => problem ?? [])
  return { disk, notices }
}
