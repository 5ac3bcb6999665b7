import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const ENTRY = resolve(import.meta.dirname, '../../appliance/main.js')

/** The built appliance on free ports of this machine, once it says `ready`. */
export async function startForScreens(data: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [ENTRY, 'serve', '--data', data], {
    env: { ...process.env, SCREENPOST_HTTP_PORT: '0', SCREENPOST_HTTPS_PORT: '0', SCREENPOST_DICOM_PORT: '0' }, stdio: ['ignore', 'pipe', 'ignore']
  })
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const url = await new Promise<string>((found, failed) => {
    let output = ''
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString()
      const ready = /^ready http=(\S+)/m.exec(output)?.[1]
      if (ready) found(ready)
    })
    void exited.then(() => failed(new Error(`the appliance ended before it was ready:\n${output}`)))
  })
  return { url, stop: async () => { child.kill('SIGTERM'); await exited } }
}
