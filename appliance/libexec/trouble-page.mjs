// The data partition can't be opened: whoever asks for the page is told why. Listens where the service would.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const escape = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
createServer(async (_request, response) => {
  const why = await readFile('/run/screenpost-trouble', 'utf8').catch(() => 'The box could not start. Switch it off and on again.')
  response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'retry-after': '30' })
  response.end(`<!doctype html><meta name=viewport content="width=device-width"><title>Screenpost</title><h1>Screenpost</h1><p>${escape(why)}`)
}).listen(8080, '0.0.0.0')
