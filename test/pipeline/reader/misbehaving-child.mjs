// Speaks the reader's protocol and does what a request's path, or the text in the file there, says: crash, exit, hang, grow, fail, toil (say that something is done every 100 milliseconds, for so many of them), or answer (after so many milliseconds).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { clearInterval, setInterval } from 'node:timers'

const status = { kind: 'status', provider: 'cpu', packs: [{ id: 'tb-chest', version: '1.0.0', inService: true, task: 'findings', modality: 'cxr', asksAge: true }], ready: true }
const hoard = []
const growEvery = (ms) => { hoard.push(Buffer.alloc(64 * 1024 * 1024, 1)); setTimeout(growEvery, ms, ms) }
if (process.argv[2] === 'stillborn') process.exit(3)
// Hangs at its first start, and not where it finds that it did.
if (process.argv[2]?.startsWith('/') && !existsSync(process.argv[2])) {
  writeFileSync(process.argv[2], '')
  for (;;) { /* a runtime that never comes up */ }
}

const reading = (command, request) => ({
  content: 'png', image: { width: 1, height: 1, channels: 1, frames: 1 }, provider: 'cpu', derived: [], operatingPoint: 'screening',
  timingMs: { decode: 0, quality: 0, preprocess: 0, inference: 0, total: 0 }, detail: { request, pid: process.pid },
  ...(command === 'what' && !request.packId
    ? { pack: null, findings: [], quality: { gradable: false, score: 0, reasons: [{ code: 'no-pack', text: '' }] } }
    : { modality: 'cxr', pack: { id: 'tb-chest', version: '1.0.0', sha256: 'x' }, quality: { gradable: true, score: 1, reasons: [] }, findings: [{ code: 'tb', name: '', score: 0.9, threshold: 0.5, positive: true }] })
})

process.on('message', ({ id, request }) => {
  const command = existsSync(request.path) ? readFileSync(request.path, 'utf8').split(' ')[0] : request.path
  const answer = (result) => process.send({ kind: 'reading', id, result })
  if (command === 'crash') process.abort()
  if (command === 'exit') process.exit(1)
  if (command === 'hang') for (;;) { /* a decoder that never ends */ }
  if (command.startsWith('toil-')) {
    const toil = setInterval(() => process.send({ kind: 'progress' }), 100)
    setTimeout(() => { clearInterval(toil); answer({ ok: true, value: reading('toil', request) }) }, Number(command.slice(5)))
  } else if (command === 'grow') growEvery(5)
  else if (command === 'fail') answer({ ok: false, error: { code: 'damaged-pixels', message: 'Send it again.' } })
  else setTimeout(() => answer({ ok: true, value: reading(command, request) }), Number(command) || 0)
})
process.once('disconnect', () => process.exit(0))
process.send(status)
