/* What every signed-in page does: tells when the line is lost, keeps lists and studies fresh, and never loses what was typed. */
'use strict';
{
  const banner = document.getElementById('connection')
  const live = document.getElementById('live')
  let lost = false
  let timer

  const say = (text, bad) => {
    banner.querySelector('span').textContent = text
    banner.classList.toggle('bad', bad)
    banner.hidden = false
  }
  const whenLost = () => {
    if (lost) return
    lost = true
    say(banner.dataset.lost, true)
  }
  const whenBack = () => {
    clearTimeout(timer)
    if (!lost) return
    lost = false
    say(banner.dataset.back, false)
    timer = setTimeout(() => { banner.hidden = true }, 3000)
    for (const name of ['study', 'devices']) htmx.trigger(live, name, {})
  }
  const toLogin = () => location.assign('/login?next=' + encodeURIComponent(location.pathname))

  document.addEventListener('htmx:sse:after:connection', whenBack)
  document.addEventListener('htmx:sse:error', (event) => (event.detail.status === 401 ? toLogin() : whenLost()))
  document.addEventListener('htmx:sse:before:connection', (event) => {
    if (event.detail.connection.attempt > 1) whenLost()
  })
  /* The first connection fails in htmx itself, which does not try again. */
  document.addEventListener('htmx:error', (event) => {
    if (event.target !== live) return
    whenLost()
    setTimeout(() => { if (lost) htmx.trigger(live, 'load') }, 3000)
  })
  document.addEventListener('htmx:response:error', (event) => {
    if (event.detail.ctx?.response?.status === 401) toLogin()
  })
  window.addEventListener('offline', whenLost)

  /* Nothing moves under a finger: what changes while one is down is shown when it is up. */
  let down = false
  let held = false
  const release = () => {
    down = false
    if (held) setTimeout(() => { if (!down && held) { held = false; htmx.trigger(live, 'study', {}) } }, 500)
  }
  document.addEventListener('pointerdown', () => { down = true }, true)
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, release, true)
  window.addEventListener('study', (event) => {
    if (!down) return
    held = true
    event.stopImmediatePropagation()
  }, true)

  /* The page of one study: follow the reading; never replace a form that somebody is filling. */
  const dirty = () => [...document.querySelectorAll('#study form')].some((form) =>
    [...form.elements].some((field) => ('defaultValue' in field && field.value !== field.defaultValue) || ('defaultChecked' in field && field.checked !== field.defaultChecked)))
  const refreshStudy = (event) => {
    const study = document.getElementById('study')
    if (!study) return
    const change = typeof event.detail?.data === 'string' ? JSON.parse(event.detail.data) : {}
    const { id, revision } = study.dataset
    if (change.id && (change.id !== id || change.revision <= Number(revision))) return
    if (change.id && dirty()) { document.getElementById('changed').hidden = false; return }
    if (dirty()) return
    htmx.ajax('GET', location.pathname + '?fragment=study', { source: study, target: study, select: '#study', swap: 'outerMorph' })
  }
  document.addEventListener('study', refreshStudy)

  /* One tap is one save, and a save without a line is held back instead of lost. */
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (form.method !== 'post' || form.hasAttribute('hx-post') || form.id === 'capture') return
    if (lost || form.dataset.sent) { event.preventDefault(); if (lost) banner.scrollIntoView(); return }
    form.dataset.sent = '1'
  })
  window.addEventListener('pageshow', (event) => {
    for (const form of document.querySelectorAll('[data-sent]')) delete form.dataset.sent
    if (event.persisted) htmx.trigger(live, 'study', {})
  })
}
