import { readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fsyncDirectory, isErrno, makeDirectoryDurable, writeFileDurable } from '../platform/durable-fs.js'
import type { DeviceHost } from './device-kind.js'

type Places = Pick<DeviceHost, 'stateFolder' | 'spoolFolder' | 'deviceId'>

const inSpool = ({ spoolFolder, deviceId }: Places, kind: string): string => join(spoolFolder, kind, deviceId)

/**
 * Makes the folder for what must last of a device. Until its `main` file is there, it and the `others` are taken from the spool, where an earlier release kept them;
 * they stay there too, for that release: an update that fails goes back to it. Durable on return.
 */
export async function openStateFolder(host: Places, kind: string, { main, others = [] }: { readonly main: string; readonly others?: readonly string[] }): Promise<string> {
  const { stateFolder } = host
  await makeDirectoryDurable(stateFolder)
  if ((await bytesOf(join(stateFolder, main))) !== undefined) return stateFolder
  for (const name of [...others, main]) {
    const bytes = await bytesOf(join(inSpool(host, kind), name))
    if (bytes) await writeFileDurable(join(stateFolder, name), bytes)
  }
  return stateFolder
}

/** The same of a folder below it, which is moved. */
export async function openStateSubfolder(host: Places, kind: string, name: string): Promise<string> {
  const place = join(host.stateFolder, name)
  await makeDirectoryDurable(host.stateFolder)
  await rename(inSpool(host, kind), place).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
  })
  await makeDirectoryDurable(place)
  await fsyncDirectory(dirname(inSpool(host, kind))).catch(() => undefined)
  return place
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })
}
