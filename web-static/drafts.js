/* What is typed into a form marked data-draft outlives a reload of the page and a session that ended. It is kept in this tab alone, for who typed it, and dropped when saved, or when somebody signs out (app.js). */
/* global CSS, URLSearchParams, performance */
'use strict';
{
  const PREFIX = 'draft:'
  /* The form sent last, and the draft that waits for its writer to sign in again. */
  const SENT = 'draft-sent'
  const OWED = 'draft-owed'
  const user = document.querySelector('.who')?.dataset.user
  const keyNamed = (draft) => PREFIX + user + ':' + draft
  const keyOf = (form) => keyNamed(form.dataset.draft)
  const forms = () => [...document.querySelectorAll('form[data-draft]')]
  const typed = (form) => JSON.stringify([...new FormData(form)].filter(([name, value]) => name !== '_csrf' && name !== 'revision' && typeof value === 'string'))
  const take = (name) => {
    const value = sessionStorage.getItem(name)
    sessionStorage.removeItem(name)
    return value
  }

  /* Saved is what was sent from the page before this one, when this one says so or is another without that form. */
  const forgetSaved = () => {
    const sent = JSON.parse(take(SENT) ?? 'null')
    if (!sent || !document.referrer || new URL(document.referrer).pathname !== sent.from) return
    const done = new URLSearchParams(location.search).has('done')
    if (done || !forms().some((form) => keyOf(form) === sent.key)) sessionStorage.removeItem(sent.key)
  }
  const fill = (form, kept) => {
    for (const [name, value] of JSON.parse(kept)) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]:not([type=hidden])`)) {
        if (field.type === 'radio') field.checked = field.value === value
        else field.value = value
      }
    }
    const folded = form.closest('details')
    if (folded) folded.open = true
  }
  /* Typed while the image was nobody's: it goes with the person that the image was given to. */
  const adopt = (form) => {
    const kept = take(keyNamed(form.dataset.draftBefore))
    if (kept && !sessionStorage.getItem(keyOf(form))) sessionStorage.setItem(keyOf(form), kept)
  }
  const restore = () => {
    /* Where the next form is another person's, only a reload, going back and signing in again bring the text. */
    const again = performance.getEntriesByType('navigation')[0]?.type !== 'navigate'
    for (const form of forms()) {
      if (form.dataset.draftBefore) adopt(form)
      const key = keyOf(form)
      const kept = sessionStorage.getItem(key)
      const owed = sessionStorage.getItem(OWED) === key
      if (owed) sessionStorage.removeItem(OWED)
      if ('draftOnce' in form.dataset && !again && !owed) sessionStorage.removeItem(key)
      else if (kept && kept !== typed(form)) fill(form, kept)
    }
  }

  const owe = (key) => { if (key && sessionStorage.getItem(key)) sessionStorage.setItem(OWED, key) }

  const note = document.getElementById('kept')
  if (user) {
    forgetSaved()
    restore()
  } else if (note) {
    owe(JSON.parse(take(SENT) ?? 'null')?.key)
    note.hidden = !sessionStorage.getItem(OWED)
  }
  if (!user && take('signing-out')) new BroadcastChannel('signed-out').postMessage('done')
  document.addEventListener('signed-out', () => { for (const form of forms()) owe(keyOf(form)) })
  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-draft]')
    if (form) sessionStorage.setItem(keyOf(form), typed(form))
  })
  document.addEventListener('submit', (event) => {
    const form = event.target
    if ('draft' in form.dataset && !event.defaultPrevented) sessionStorage.setItem(SENT, JSON.stringify({ key: keyOf(form), from: location.pathname }))
  })
}
