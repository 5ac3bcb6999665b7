/* Visits: a scanned card finds its person, a footswitch takes the picture. */
'use strict';
{
  const said = (event) => (typeof event.detail?.data === 'string' ? JSON.parse(event.detail.data) : event.detail ?? {})
  const say = (form, text) => {
    const line = form.querySelector('.error') ?? form.appendChild(document.createElement('p'))
    line.className = 'error'
    line.setAttribute('role', 'alert')
    line.textContent = text
  }
  const scanned = (text) => {
    const box = document.querySelector('[data-scan]')
    const field = box && document.querySelector(box.dataset.scan)
    if (!field) return
    field.value = text
    field.form.requestSubmit()
  }
  /* Only a footswitch of this very visit: another nurse's presses her own button. */
  const pressed = (device) => {
    const forms = document.querySelectorAll('form[action$="/commands/capture"]')
    const mine = [...document.querySelectorAll('[data-station]')].some((each) => each.dataset.station === device)
    if (mine && forms.length === 1) forms[0].requestSubmit()
  }
  document.addEventListener('device-said', (event) => {
    const { type, text, deviceId } = said(event)
    if (type === 'scanned') scanned(text)
    if (type === 'trigger') pressed(deviceId)
  })
  /* A scanner or footswitch that is a keyboard: its keys follow each other faster than fingers do and end with Enter, whatever has the focus. */
  const FASTEST_FINGER_MS = 60
  const SHORTEST_CODE = 4
  const TRIGGER = 'SCREENPOST-CAPTURE'
  let typed = ''
  let lastKeyMs = 0
  document.addEventListener('keydown', (event) => {
    const fast = event.timeStamp - lastKeyMs < FASTEST_FINGER_MS
    lastKeyMs = event.timeStamp
    if (event.key === 'Enter') {
      const code = fast && typed.length >= SHORTEST_CODE ? typed : ''
      typed = ''
      if (code === '' || /^(input|textarea|select)$/i.test(event.target.tagName)) return
      event.preventDefault()
      if (code !== TRIGGER) return scanned(code)
      const forms = document.querySelectorAll('form[action$="/commands/capture"]')
      if (forms.length === 1) forms[0].requestSubmit()
    } else if (event.key.length === 1) typed = fast ? typed + event.key : event.key
  })
  /* Taking a picture never leaves the page: the live picture would stop. */
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (!/\/commands\//.test(form.getAttribute('action') ?? '')) return
    event.preventDefault()
    const button = form.querySelector('button')
    button.disabled = true
    const rest = () => { button.disabled = false }
    const { _csrf, ...values } = Object.fromEntries(new FormData(form))
    delete values.back
    const headers = { 'Accept': 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': _csrf }
    fetch(form.action, { method: 'POST', body: JSON.stringify(values), headers }).then(async (answer) => {
      say(form, answer.ok ? '' : (await answer.json()).error?.message ?? String(answer.status))
    }).catch(() => undefined).then(rest, rest)
  })
}
