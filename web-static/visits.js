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
  const searchField = () => document.querySelector(document.querySelector('[data-scan]')?.dataset.scan ?? '#none')
  const scanned = (text) => {
    const field = searchField()
    if (!field) return
    field.value = text
    field.form.requestSubmit()
  }
  /* The appliance's own scanner speaks to every tablet, and one of them is that of who scanned: a person who is looked for on this one is not replaced under a finger by the one who was scanned beside another. */
  const OFFERED_MS = 60000
  const heard = (text) => {
    const field = searchField()
    if (!field) return
    if (field.value === text || (field.value === '' && !document.querySelector('#found')?.childElementCount)) return scanned(text)
    offer(document.querySelector('.offered'), text)
  }
  const offer = (place, text) => {
    if ([...place.querySelectorAll('bdi')].some((code) => code.textContent === text)) return
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'quiet' })
    const code = Object.assign(document.createElement('bdi'), { textContent: text })
    button.append(`${place.dataset.say}: `, code)
    button.addEventListener('click', () => {
      place.replaceChildren()
      scanned(text)
    })
    place.append(button)
    setTimeout(() => button.remove(), OFFERED_MS)
  }
  /* Only a footswitch of this very visit: another nurse's presses her own button. */
  const pressed = (device) => {
    const forms = document.querySelectorAll('form[action$="/commands/capture"]')
    const mine = [...document.querySelectorAll('[data-station]')].some((each) => each.dataset.station === device)
    if (mine && forms.length === 1) forms[0].requestSubmit()
  }
  document.addEventListener('device-said', (event) => {
    const { type, text, deviceId } = said(event)
    if (type === 'scanned') heard(text)
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
