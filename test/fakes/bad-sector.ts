import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/** Files and folders whose path `isBad` says so answer EIO when they are opened or read, until it is disposed of: a sector that the disk can't read. */
export function badSector(isBad: (path: string) => boolean): Disposable {
  const { open, readFile } = promises
  const unlessBad = <Given extends unknown[], Answer>(call: (...given: Given) => Promise<Answer>) => (...given: Given): Promise<Answer> =>
    isBad(String(given[0])) ? Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5 })) : call(...given)
  Object.assign(promises, { open: unlessBad(open), readFile: unlessBad(readFile) })
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]: () => {
      Object.assign(promises, { open, readFile })
      syncBuiltinESMExports()
    }
  }
}
