// Speaks the reader's protocol and does what the file name of a request says: crash, hang, grow, or answer.
const status = { kind: 'status', provider: 'cpu', packs: [], ready: true }
const hoard = []
if (process.argv[2] === 'stillborn') process.exit(3)
process.on('message', ({ id, request }) => {
  if (request.path === 'crash') process.abort()
  if (request.path === 'exit') process.exit(1)
  if (request.path === 'hang') for (;;) { /* a decoder that never ends */ }
  if (request.path === 'grow') setInterval(() => hoard.push(Buffer.alloc(64 * 1024 * 1024, 1)), 5)
  else setTimeout(() => process.send({ kind: 'reading', id, result: { ok: true, value: { path: request.path, pid: process.pid } } }), Number(request.path) || 0)
})
process.once('disconnect', () => process.exit(0))
process.send(status)
