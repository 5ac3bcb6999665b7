/* Keeps the shell (styles, scripts, icons and one page that says "no connection") for when the Wi-Fi is gone. Never a page, a picture or an answer about a person. */
'use strict';
{
  const SHELL = 'screenpost-shell-1'
  const OFFLINE = '/offline'
  const PARTS = [OFFLINE, '/static/app.css', '/static/icons.svg', '/static/icon.svg', '/static/offline.js']

  const keep = async (request, answer) => {
    if (answer.ok) await (await caches.open(SHELL)).put(request, answer)
  }
  /* What the appliance says counts; what was kept stands in for it only when there is no line. */
  const partOf = async (event) => {
    try {
      const answer = await fetch(event.request)
      event.waitUntil(keep(event.request, answer.clone()))
      return answer
    } catch (lost) {
      const kept = await caches.match(event.request)
      if (kept) return kept
      throw lost
    }
  }
  const pageOf = (request) => fetch(request).catch(async (lost) => {
    const kept = await caches.match(OFFLINE)
    if (kept) return kept
    throw lost
  })

  self.addEventListener('install', (event) => {
    event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(PARTS)).then(() => self.skipWaiting()))
  })
  self.addEventListener('activate', (event) => {
    const old = caches.keys().then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))))
    event.waitUntil(old.then(() => self.clients.claim()))
  })
  self.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    if (request.method !== 'GET' || url.origin !== self.location.origin) return
    if (request.mode === 'navigate') event.respondWith(pageOf(request))
    else if (url.pathname.startsWith('/static/')) event.respondWith(partOf(event))
  })
}
