/* What is typed into a form marked data-draft outlives a reload of the page. It is kept in this tab alone and dropped when saved, or when somebody signs out (app.js). */
/* global CSS, URLSearchParams, performance */
'use strict';
{
  const PREFIX = 'draft:'
  const keyOf = (form) => PREFIX + document.querySelector('.who span')?.textContent + ':' + form.dataset.draft
  const typed = (form) => JSON.stringify([...new FormData(form)].filter(([name, value]) => name !== '_csrf' && name !== 'revision' && typeof value === 'string'))
  /* Where the next form is another person's, only a reload and going back bring the text again. */
  const again = performance.getEntriesByType('navigation')[0]?.type !== 'navigate'
  const forms = () => document.querySelectorAll('form[data-draft]')
  const saved = new URLSearchParams(location.search).get('done') === 'saved'
  for (const form of forms()) {
    const key = keyOf(form)
    const over = saved || ('draftOnce' in form.dataset && !again)
    const kept = over ? null : sessionStorage.getItem(key)
    if (over) sessionStorage.removeItem(key)
    if (kept && kept !== typed(form)) {
      for (const [name, value] of JSON.parse(kept)) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (field.type === 'radio') field.checked = field.value === value
          else field.value = value
        }
      }
      const folded = form.closest('details')
      if (folded) folded.open = true
    }
  }
  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-draft]')
    if (form) sessionStorage.setItem(keyOf(form), typed(form))
  })
}
