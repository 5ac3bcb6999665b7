/* What every signed-in page does: tells when the line is lost, keeps lists and studies fresh, and never loses what was typed. */
'use strict';
{
  const PROBE_MS = 20000
  const RETRY_MS = 3000
  const banner = document.getElementById('connection')
  const live = document.getElementById('live')
  let lost = false
  let hide
  let next

  const say = (text, bad) => {
    banner.querySelector('span').textContent = text
    banner.classList.toggle('bad', bad)
    banner.hidden = false
  }
  const refresh = () => { for (const name of ['study', 'devices']) htmx.trigger(live, name, {}) }
  /* A page that still holds something says no, and asks itself. */
  const toLogin = () => {
    if (document.dispatchEvent(new CustomEvent('signed-out', { cancelable: true }))) location.assign('/login?ended=1&next=' + encodeURIComponent(location.pathname + location.search))
  }
  /* Tells a page in another tab, which waits for somebody to sign in again. */
  new BroadcastChannel('signed-in').postMessage('')
  const probeIn = (ms) => {
    clearTimeout(next)
    next = setTimeout(probe, ms)
  }
  const whenLost = () => {
    clearTimeout(hide)
    if (!lost) say(banner.dataset.lost, true)
    lost = true
    probeIn(RETRY_MS)
  }
  /* What happened between the making of this page and the live connection is fetched once. */
  const whenBack = () => {
    if (lost) {
      say(banner.dataset.back, false)
      hide = setTimeout(() => { banner.hidden = true }, 3000)
    }
    lost = false
    refresh()
    probeIn(PROBE_MS)
  }
  const reconnect = () => {
    const connection = live._htmx?.sse
    if (connection?.reader) connection.reader.cancel()
    else if (connection?.delayCanceller) connection.delayCanceller()
    else if (!connection) htmx.ajax('GET', live.dataset.events, { source: live, swap: 'none' })
  }
  /* A line that died silently says nothing: ask now and then. */
  function probe() {
    if (document.hidden) return probeIn(PROBE_MS)
    const late = new Promise((_, reject) => { setTimeout(reject, 8000) })
    Promise.race([fetch('/healthz', { cache: 'no-store' }), late]).then(() => {
      if (lost || !live._htmx?.sse) reconnect()
      probeIn(lost ? RETRY_MS : PROBE_MS)
    }, whenLost)
  }

  /* htmx starts in a task of its own, perhaps before its SSE extension has come: connect when both are surely there. */
  const connect = () => {
    live.setAttribute('hx-sse:connect', live.dataset.events)
    htmx.process(live)
    probeIn(PROBE_MS)
  }
  document.addEventListener('DOMContentLoaded', () => setTimeout(connect, 10))

  document.addEventListener('htmx:sse:after:connection', whenBack)
  document.addEventListener('htmx:sse:error', (event) => (event.detail.status === 401 ? toLogin() : whenLost()))
  document.addEventListener('htmx:sse:before:connection', (event) => {
    if (event.detail.connection.attempt > 1) whenLost()
  })
  document.addEventListener('htmx:error', (event) => { if (event.target === live) whenLost() })
  window.addEventListener('offline', whenLost)
  window.addEventListener('online', () => probeIn(0))
  /* While the tablet slept the appliance may have lost its power, and a line that died then never says so. */
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { reconnect(); refresh(); probeIn(0) } })
  document.addEventListener('htmx:response:error', (event) => {
    if (event.detail.ctx?.response?.status === 401) toLogin()
  })

  /* Nothing moves under a finger: what changes while one is down is shown when it is up. */
  const LIVE = ['study', 'visit', 'devices', 'status']
  let down = false
  const held = new Set()
  const show = () => {
    if (down) return
    const names = [...held]
    held.clear()
    for (const name of names) htmx.trigger(live, name, {})
  }
  const release = () => {
    down = false
    if (held.size > 0) setTimeout(show, 500)
  }
  document.addEventListener('pointerdown', () => { down = true }, true)
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, release, true)
  for (const name of LIVE) {
    window.addEventListener(name, (event) => {
      if (!down) return
      held.add(name)
      event.stopImmediatePropagation()
    }, true)
  }

  /* Parts that follow an event are fetched again: at once, then at most once a second, and never two at a time. */
  const parts = new Map()
  const keepFresh = (id) => {
    const part = document.getElementById(id)
    const state = parts.get(id) ?? {}
    parts.set(id, state)
    state.again = state.busy
    if (!part || state.busy) return
    state.busy = true
    const rest = () => setTimeout(() => { state.busy = false; if (state.again) keepFresh(id) }, 1000)
    const slow = new Promise((resolve) => { setTimeout(resolve, 10000) })
    Promise.race([htmx.ajax('GET', part.dataset.url, { source: part, target: part, swap: 'outerMorph' }), slow]).then(rest, rest)
  }
  for (const name of LIVE) {
    document.addEventListener(name, () => { for (const part of document.querySelectorAll(`[data-live~=${name}]`)) follow(part) })
  }
  /* A part out of sight is fetched when it comes near: a long list costs no more than what is looked at. */
  const isNear = (part) => {
    const box = part.getBoundingClientRect()
    return box.bottom > -window.innerHeight && box.top < 2 * window.innerHeight
  }
  const follow = (part) => {
    part.toggleAttribute('data-stale', !isNear(part))
    if (!part.hasAttribute('data-stale')) keepFresh(part.id)
  }
  /* The list goes on by itself where it ends, and whoever stood on its "more" with the keyboard stands on the first of the new. */
  const goOn = () => {
    for (const part of document.querySelectorAll('[data-stale]')) if (isNear(part)) follow(part)
    const link = document.querySelector('#more a')
    if (!link || link.dataset.asked || !isNear(link)) return
    link.dataset.asked = '1'
    setTimeout(() => { delete link.dataset.asked }, 5000)
    htmx.trigger(link, 'click')
  }
  let stood = false
  document.addEventListener('htmx:before:swap', (event) => { if (event.detail.ctx.target?.id === 'more') stood = event.detail.ctx.target.contains(document.activeElement) })
  window.addEventListener('scroll', goOn, { passive: true })
  document.addEventListener('htmx:after:swap', () => {
    if (stood) [...document.querySelectorAll('[id^="part-"]')].at(-1)?.querySelector('a')?.focus()
    stood = false
    setTimeout(goOn, 50)
  })

  /* The page of one study: follow the reading; never replace a form that somebody is filling. */
  const dirty = () => [...document.querySelectorAll('#study form')].some((form) =>
    [...form.elements].some((field) => ('defaultValue' in field && field.value !== field.defaultValue) || ('defaultChecked' in field && field.checked !== field.defaultChecked)))
  const study = () => document.getElementById('study')
  const refreshStudy = (event) => {
    const shown = study()
    if (!shown) return
    const change = typeof event.detail?.data === 'string' ? JSON.parse(event.detail.data) : {}
    const isOther = change.id && change.id !== shown.dataset.id
    /* The other eye's photo changes what both eyes say. */
    if (isOther && (!shown.dataset.eyes || ['received', 'analysing'].includes(change.state))) return
    if (!isOther && change.revision <= Number(shown.dataset.revision)) return
    keepFresh('study')
  }
  document.addEventListener('htmx:before:swap', (event) => {
    const { target, text } = event.detail.ctx
    if (!target || target !== study()) return
    const { revision, eyes } = target.dataset
    const isNews = !text.includes(`data-revision="${revision}" data-eyes="${eyes}"`)
    if (isNews && !dirty()) return
    event.preventDefault()
    if (isNews) document.getElementById('changed').hidden = false
  })
  document.addEventListener('study', refreshStudy)
  document.addEventListener('htmx:after:swap', () => {
    const title = study()?.dataset.title
    const heading = document.querySelector('.title h1')
    if (!title || heading.textContent === title) return
    heading.textContent = title
    document.title = `${title} · Screenpost`
  })

  /* One tap is one save, and a save without a line is held back instead of lost. */
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (form.method !== 'post' || form.hasAttribute('hx-post') || form.id === 'capture') return
    if (lost || form.dataset.sent) { event.preventDefault(); if (lost) banner.scrollIntoView(); return }
    form.dataset.sent = '1'
    /* Who signs out leaves nothing behind, in no tab: no text begun, no upload begun. */
    if (form.getAttribute('action') !== '/logout') return
    sessionStorage.clear()
    signOuts.postMessage('asked')
    sessionStorage.setItem('signing-out', '1')
  })
  /* Other tabs forget at once, and leave when the appliance has answered (drafts.js): before that it would lead them back. */
  const signOuts = new BroadcastChannel('signed-out')
  signOuts.addEventListener('message', (event) => {
    sessionStorage.clear()
    if (event.data === 'done') toLogin()
  })
  /* An earlier release kept begun uploads here, with the names of files and the numbers of patients. */
  for (const key of Object.keys(localStorage)) if (key.startsWith('tus::')) localStorage.removeItem(key)

  window.addEventListener('pageshow', (event) => {
    for (const form of document.querySelectorAll('[data-sent]')) delete form.dataset.sent
    if (event.persisted) htmx.trigger(live, 'study', {})
  })

  /* Only on a secure line (or the appliance's own screen) do browsers have this. */
  navigator.serviceWorker?.register('/static/service-worker.js', { scope: '/' }).catch(() => undefined)
}
