import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeDicom } from '../../test/generators/dicom.js'
import { startAppliance } from './appliance.js'
import type { Clinic, Ground } from './ground.js'
import { foundClinic, leaveClinic } from './ground.js'
import { heldMb, measurable } from './held-memory.js'
import type { Random } from './random.js'

/** A digitizer's film, in pixels of 16 bits. */
const FILM = { columns: 1760, rows: 2140 }
const LONGEST_MS = 20 * 60_000

export type FilmsSummary = { readonly films: number; readonly atPacs: number; readonly peakMb: number; /** What the service held at the end, all unused collected. */ readonly heldMb: number }

/** So many large films come one after the other and leave for the PACS, compressed where that is smaller: the most resident memory on the way. */
export async function largeFilms({ ground, films, random }: { ground: Ground; films: number; random: Random }): Promise<FilmsSummary> {
  const clinic = await foundClinic(ground, `films-${films}`)
  const appliance = await startAppliance({ app: ground.app, data: clinic.data, site: clinic.site, env: measurable(clinic.folder) })
  if ('died' in appliance) throw new Error(`The appliance does not start:\n${appliance.died}`)
  try {
    const [peakMb] = await Promise.all([watch(clinic, { films, pid: appliance.pid }), send(clinic, { films, random, port: appliance.dicomPort })])
    return { films, atPacs: clinic.archive.kept.size, peakMb, heldMb: await heldMb(appliance.pid, clinic.folder) }
  } finally {
    await appliance.kill()
    await leaveClinic(clinic)
  }
}

/** Smooth shadows with a little noise, other for every film: what compresses like a film does. */
function filmPixels(random: Random): Buffer {
  const { columns, rows } = FILM
  const pixels = Buffer.alloc(columns * rows * 2)
  const [width, height] = [200 + random.below(400), 200 + random.below(400)]
  for (let at = 0; at < columns * rows; at++) {
    const shade = 2000 + 1500 * Math.sin((at % columns) / width) * Math.cos(at / columns / height)
    pixels.writeUInt16LE(Math.round(shade) + random.below(16), at * 2)
  }
  return pixels
}

async function send(clinic: Clinic, { films, random, port }: { films: number; random: Random; port: number }): Promise<void> {
  const path = join(clinic.folder, 'film.dcm')
  for (let film = 0; film < films; film++) {
    const sopInstanceUid = `2.25.${random.below(2 ** 31)}${random.below(2 ** 31)}`
    await writeFile(path, makeDicom({ ...FILM, sopInstanceUid, modality: 'CR', bodyPart: 'CHEST', pixels: filmPixels(random) }))
    await new Promise<void>((resolve, reject) => {
      execFile('storescu', ['-aec', 'SCREENPOST', '127.0.0.1', String(port), path], (error) => { if (error) reject(error); else resolve() })
    })
  }
  await rm(path)
}

/** Until the PACS has each film and its two results. */
async function watch({ archive }: Clinic, { films, pid }: { films: number; pid: number }): Promise<number> {
  let peak = 0
  for (const until = performance.now() + LONGEST_MS; archive.kept.size < films * 3; await sleep(200)) {
    if (performance.now() > until) throw new Error(`${archive.kept.size} of ${films * 3} objects are at the PACS after ${LONGEST_MS / 60_000} minutes.`)
    peak = Math.max(peak, Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024))
  }
  return peak
}
