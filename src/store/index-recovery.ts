import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DamagedError } from '../domain/errors.js'
import type { StudyId } from '../domain/ids.js'
import type { StudySummary } from '../domain/study.js'
import { makeDirectoryDurable } from '../platform/durable-fs.js'
import type { Log } from '../platform/log.js'
import { loadIndex } from './index-files.js'
import { IndexLog } from './index-log.js'
import { NewerFormatError } from './migrations.js'
import type { StudyFolders } from './study-folder.js'
import { StudyIndex } from './study-index.js'
import { summarise } from './summary.js'

const READ_AT_ONCE = 16
const PROGRESS_EVERY = 5000

/** Studies whose document can't be read, or whose folder is gone, with what the index last said of them. */
export type DamagedStudies = Map<StudyId, StudySummary | undefined>

export type RecoveredIndex = { readonly index: StudyIndex; readonly indexLog: IndexLog; readonly damaged: DamagedStudies }

/**
 * The index, agreeing with the folders: loaded from its files, with every study that may have changed since
 * read again and every folder that it does not know added; or read from all folders when its files are missing or damaged.
 */
export async function recoverIndex(root: string, folders: StudyFolders, log: Log): Promise<RecoveredIndex> {
  const folder = join(root, 'index')
  await makeDirectoryDurable(folder)
  await rm(join(folder, 'snapshot.jsonl.tmp'), { force: true })
  const [loaded, ids] = await Promise.all([loadIndex(folder, folders.formatVersion), folders.listIds()])
  if ('unusable' in loaded) return rebuild(folder, folders, { ids, log, generation: loaded.generation, why: loaded.unusable })
  const present = new Set(ids)
  const gone = [...loaded.summaries.keys()].filter((id) => !present.has(id))
  if (gone.length > 0) log.warn('study-folders-gone', { count: gone.length })
  const unread = ids.filter((id) => loaded.doubtful.has(id) || !loaded.summaries.has(id))
  const { summaries, damaged } = await readAll(unread, folders, log)
  const lost: DamagedStudies = new Map([...gone, ...damaged].map((id) => [id, loaded.summaries.get(id)]))
  for (const id of lost.keys()) loaded.summaries.delete(id)
  for (const summary of summaries) loaded.summaries.set(summary.id, summary)
  if (unread.length > 0) log.info('index-caught-up', { read: unread.length })
  const index = new StudyIndex(loaded.summaries.values())
  const indexLog = await IndexLog.start(folder, log, { ...loaded, caughtUp: summaries, format: folders.formatVersion })
  return { index, indexLog, damaged: lost }
}

type Rebuild = { readonly ids: readonly StudyId[]; readonly log: Log; readonly generation: number; readonly why: string }

async function rebuild(folder: string, folders: StudyFolders, { ids, log, generation, why }: Rebuild): Promise<RecoveredIndex> {
  if (ids.length > 0) log.warn('index-rebuild', { why, studies: ids.length })
  await rm(join(folder, 'snapshot.jsonl'), { force: true })
  const { summaries, damaged } = await readAll(ids, folders, log)
  const index = new StudyIndex(summaries)
  const indexLog = await IndexLog.start(folder, log, { generation, journalled: 0, caughtUp: [], format: folders.formatVersion })
  await indexLog.compact(() => index.all())
  return { index, indexLog, damaged: new Map(damaged.map((id) => [id, undefined])) }
}

/** Documents that can't be read are named, logged and left out; they cost their own study only. */
async function readAll(ids: readonly StudyId[], folders: StudyFolders, log: Log): Promise<{ summaries: StudySummary[]; damaged: StudyId[] }> {
  const summaries: StudySummary[] = []
  const damaged: StudyId[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < ids.length) {
      const id = ids[next++]!
      const summary = await readSummary(id, folders, log)
      if (summary) summaries.push(summary)
      else damaged.push(id)
      const done = summaries.length + damaged.length
      if (done % PROGRESS_EVERY === 0) log.info('index-progress', { done, of: ids.length })
    }
  }
  await Promise.all(Array.from({ length: READ_AT_ONCE }, worker))
  return { summaries, damaged }
}

async function readSummary(id: StudyId, folders: StudyFolders, log: Log): Promise<StudySummary | undefined> {
  try {
    await folders.removeUnfinished(id)
    const document = await folders.open(id)
    if (document.origin === 'previous') log.error('study-document-restored', { studyId: id, hint: 'the newest version was damaged; the one before it is in force' })
    return summarise(document.data)
  } catch (error) {
    if (error instanceof NewerFormatError) throw error
    log.error('study-document-damaged', { studyId: id, code: error instanceof DamagedError ? error.code : 'unreadable' })
    return undefined
  }
}
