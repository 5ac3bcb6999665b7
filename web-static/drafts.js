/* What is typed into a form marked data-draft outlives a reload of the page. It is kept in this tab alone and dropped when saved. */
/* global CSS, URLSearchParams, sessionStorage */
'use strict';
{
  const PREFIX = 'draft:'
  const keyOf = (form) => PREFIX + document.querySelector('.who span')?.textContent + ':' + form.dataset.draft
  const typed = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name.startsWith('answer-')))
  const forms = () => document.querySelectorAll('form[data-draft]')
  const saved = new URLSearchParams(location.search).get('done') === 'saved'
  for (const form of forms()) {
    const key = keyOf(form)
    const kept = saved ? null : sessionStorage.getItem(key)
    if (saved) sessionStorage.removeItem(key)
    if (kept && kept !== typed(form)) {
      for (const [name, value] of JSON.parse(kept)) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (field.type === 'radio') field.checked = field.value === value
          else field.value = value
        }
      }
      form.closest('details').open = true
    }
  }
  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-draft]')
    if (form) sessionStorage.setItem(keyOf(form), typed(form))
  })
  /* Who signs out leaves nothing behind. */
  document.addEventListener('submit', (event) => {
    if (event.target.getAttribute('action') !== '/logout') return
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
  })
}
