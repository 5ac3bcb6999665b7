/* Draws a box on a still picture; the form below holds it in hundredths of the picture. Without this script the numbers are typed. */
'use strict';
{
  const picture = document.getElementById('still')
  const form = document.getElementById('box')
  const SVG = 'http://www.w3.org/2000/svg'
  const sheet = document.createElementNS(SVG, 'svg')
  const drawn = document.createElementNS(SVG, 'rect')
  sheet.setAttribute('class', 'drawing')
  sheet.setAttribute('viewBox', `0 0 ${picture.getAttribute('width')} ${picture.getAttribute('height')}`)
  sheet.append(drawn)
  picture.parentElement.append(sheet)
  const clamp = (value) => Math.min(1, Math.max(0, value))
  let from
  /* The picture lies inside its box as large as it fits, in the middle. */
  const pointOf = ({ clientX, clientY }) => {
    const box = picture.getBoundingClientRect()
    const [width, height] = [Number(picture.getAttribute('width')), Number(picture.getAttribute('height'))]
    const scale = Math.min(box.width / width, box.height / height)
    return { x: clamp((clientX - box.left - (box.width - width * scale) / 2) / (width * scale)), y: clamp((clientY - box.top - (box.height - height * scale) / 2) / (height * scale)) }
  }
  const show = (shares) => {
    const [width, height] = [Number(picture.getAttribute('width')), Number(picture.getAttribute('height'))]
    const sizes = { x: shares.left * width, y: shares.top * height, width: shares.width * width, height: shares.height * height }
    for (const [name, value] of Object.entries(sizes)) drawn.setAttribute(name, String(value))
  }
  const fill = (shares) => {
    show(shares)
    for (const [name, value] of Object.entries(shares)) form.elements[name].value = (value * 100).toFixed(1)
  }
  sheet.addEventListener('pointerdown', (event) => {
    from = pointOf(event)
    sheet.setPointerCapture(event.pointerId)
    event.preventDefault()
  })
  sheet.addEventListener('pointermove', (event) => {
    if (!from) return
    const to = pointOf(event)
    fill({ left: Math.min(from.x, to.x), top: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) })
  })
  const end = () => { from = undefined }
  sheet.addEventListener('pointerup', end)
  sheet.addEventListener('pointercancel', end)
  /* Typed numbers are shown as well. */
  form.addEventListener('input', () => {
    const [left, top, width, height] = ['left', 'top', 'width', 'height'].map((name) => Number(form.elements[name].value) / 100)
    if ([left, top, width, height].every(Number.isFinite)) show({ left, top, width, height })
  })
}
