// Ends with 0 when the service on this machine answers that it is well and at least one pack passed its golden cases; with 1 otherwise.
const address = process.argv[2] ?? 'http://127.0.0.1:8080/healthz?packs'
const answer = await fetch(address, { signal: AbortSignal.timeout(20_000) }).catch(() => undefined)
const state = answer?.ok ? await answer.json().catch(() => undefined) : undefined
process.exitCode = state?.ok === true ? 0 : 1
