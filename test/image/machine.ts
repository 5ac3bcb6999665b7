import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { access, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd'
const VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd'

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})

/** A disk of 8 GB with the image on it and, as scripts/flash writes it, a label and choices for the start. */
export async function makeDisk(folder: string, image: string, files: Readonly<Record<string, string>>): Promise<string> {
  const disk = join(folder, 'disk.img')
  await run('cp', ['--sparse=always', image, disk])
  await run('truncate', ['-s', '8G', disk])
  await copyFile(VARS, join(folder, 'vars.fd'))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text)
    await run('mcopy', ['-o', '-i', `${disk}@@1M`, join(folder, name), `::${name}`])
  }
  return disk
}

/** A stick (FAT, one file) that holds an update. */
export async function makeStick(folder: string, update: string): Promise<string> {
  const stick = join(folder, 'stick.img')
  await rm(stick, { force: true })
  await run('truncate', ['-s', '2040M', stick])
  await run('mkfs.vfat', ['-F', '32', '-n', 'UPDATE', stick])
  await run('mcopy', ['-i', stick, update, '::update.raucb'])
  return stick
}

/** A TPM 2.0 that remembers in `chip`, for as long as the machine runs that gets these options. */
async function plugChip(chip: string): Promise<string[]> {
  await mkdir(chip, { recursive: true })
  const socket = join(chip, 'control')
  await rm(socket, { force: true })
  spawn('swtpm', ['socket', '--tpm2', '--tpmstate', `dir=${chip}`, '--ctrl', `type=unixio,path=${socket}`, '--terminate'], { stdio: 'ignore' })
  for (let tries = 0; tries < 300 && !(await access(socket).then(() => true, () => false)); tries += 1) await new Promise((done) => setTimeout(done, 100))
  return ['-chardev', `socket,id=chip,path=${socket}`, '-tpmdev', 'emulator,id=tpm,chardev=chip', '-device', 'tpm-crb,tpmdev=tpm']
}

/** A virtual mini-PC, started by UEFI. KVM where it carries a firmware through, else emulation. */
export class Machine {
  readonly #process: ChildProcess
  private constructor(readonly folder: string, readonly ports: { http: number; https: number; dicom: number }, process: ChildProcess) { this.#process = process }

  /** `chip`: the folder of a TPM's memory (swtpm); without it the machine has none. */
  static async start(folder: string, disk: string, { chip }: { readonly chip?: string } = {}): Promise<Machine> {
    const ports = { http: await freePort(), https: await freePort(), dicom: await freePort() }
    const forward = [[ports.http, 8080], [ports.https, 8443], [ports.dicom, 11112]].map(([from, to]) => `hostfwd=tcp:127.0.0.1:${from}-:${to}`).join(',')
    const accelerator = process.env['SCREENPOST_QEMU_ACCEL'] ?? 'tcg,thread=multi,tb-size=1024'
    // What the guest wrote lies with this machine, whatever happens to QEMU: to flush each piece to our own disk proves nothing about the guest.
    const qemu = spawn('nice', ['-n', '5', 'qemu-system-x86_64', '-accel', accelerator, '-machine', 'q35', '-cpu', 'max,la57=off', '-smp', '2', '-m', '2048', '-display', 'none',
      '-serial', `file:${join(folder, 'console.log')}`, '-qmp', `unix:${join(folder, 'qmp')},server,nowait`,
      '-drive', `if=pflash,format=raw,readonly=on,file=${CODE}`, '-drive', `if=pflash,format=raw,file=${join(folder, 'vars.fd')}`,
      '-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`, '-netdev', `user,id=n0,${forward}`, '-device', 'virtio-net-pci,netdev=n0',
      '-device', 'qemu-xhci,id=usb', '-device', 'virtio-rng-pci',
      ...(chip === undefined ? [] : await plugChip(chip)),
      '-uuid', '5c7ee190-1111-4000-8000-00000000abcd'], { stdio: 'ignore' })
    return new Machine(folder, ports, qemu)
  }

  get isRunning(): boolean { return this.#process.exitCode === null && this.#process.signalCode === null }

  async console(): Promise<string> { return readFile(join(this.folder, 'console.log'), 'latin1').catch(() => '') }

  /** The plug is pulled. */
  async pullPlug(): Promise<void> {
    const ended = this.#ended()
    this.#process.kill('SIGKILL')
    await ended
  }

  /** The power button is pressed; resolves when the machine has switched itself off. */
  async pressPower(): Promise<void> {
    const ended = this.#ended()
    await this.#command('system_powerdown')
    await ended
  }

  /** A stick is plugged into the running box. */
  async plugStick(stick: string): Promise<void> {
    await this.#command('human-monitor-command', { 'command-line': `drive_add 0 file=${stick},format=raw,if=none,id=stick,cache=unsafe,readonly=off` })
    await this.#command('device_add', { driver: 'usb-storage', id: 'plugged', drive: 'stick', bus: 'usb.0' })
  }

  #ended(): Promise<void> { return this.isRunning ? new Promise((resolve) => this.#process.once('exit', () => resolve())) : Promise.resolve() }

  /** QEMU's own language: a greeting, then an answer to each line. @throws what QEMU says against it */
  #command(execute: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const control = connect(join(this.folder, 'qmp'), () => control.write(`${JSON.stringify({ execute: 'qmp_capabilities' })}\n${JSON.stringify({ execute, arguments: values, id: 'asked' })}\n`))
      let heard = ''
      control.on('error', reject)
      control.on('data', (bytes: Buffer) => {
        heard += bytes.toString()
        const answer = heard.split('\n').find((line) => line.includes('"asked"'))
        if (answer === undefined) return
        control.end()
        if (answer.includes('"error"')) reject(new Error(answer))
        else resolve()
      })
    })
  }
}
