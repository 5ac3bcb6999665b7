/* Offers the tablet's own clock; the moment of the tap counts, not that of the page. */
'use strict';
{
  const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'full', timeStyle: 'short' })
  const show = () => {
    for (const form of document.querySelectorAll('form[data-clock]')) {
      form.hidden = false
      form.querySelector('[data-clock-shown]').textContent = shown.format(new Date())
    }
  }
  document.addEventListener('submit', (event) => {
    if (event.target.matches('form[data-clock]')) event.target.elements.at.value = String(Date.now())
  })
  show()
  setInterval(show, 5000)
}
