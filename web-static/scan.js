/* Reads the barcode or QR code of a card with the tablet's own camera, where its browser can: BarcodeDetector, and a secure line. No picture leaves the tablet. */
'use strict';
{
  const LOOK_MS = 150
  const can = 'BarcodeDetector' in window && Boolean(navigator.mediaDevices?.getUserMedia)
  const offer = () => {
    if (can) for (const button of document.querySelectorAll('.scan [data-act=scan][hidden]')) if (button.parentElement.querySelector('.scan-view').hidden) button.hidden = false
  }
  let stop = () => undefined

  const found = (field, text) => {
    field.value = text
    field.focus()
    if (field.type === 'search') field.form.requestSubmit()
    else field.dispatchEvent(new window.Event('input', { bubbles: true }))
  }
  const scan = async (box) => {
    stop()
    const [button, view, video, trouble] = ['[data-act=scan]', '.scan-view', 'video', '.error'].map((each) => box.querySelector(each))
    trouble.hidden = true
    let stream
    let over = false
    const end = () => {
      over = true
      for (const track of stream?.getTracks() ?? []) track.stop()
      video.srcObject = null
      view.hidden = true
      button.hidden = false
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      stop = end
      video.srcObject = stream
      button.hidden = true
      view.hidden = false
      view.querySelector('button').focus()
      await video.play()
      const detector = new window.BarcodeDetector()
      while (!over && box.isConnected) {
        const [code] = await detector.detect(video).catch(() => [])
        if (code?.rawValue && !over) {
          end()
          return found(document.querySelector(box.dataset.into), code.rawValue.trim())
        }
        await new Promise((later) => { setTimeout(later, LOOK_MS) })
      }
      end()
    } catch {
      end()
      trouble.hidden = false
    }
  }
  document.addEventListener('click', (event) => {
    const act = event.target.closest('.scan button')?.dataset.act
    if (act === 'scan') void scan(event.target.closest('.scan'))
    if (act === 'stop') stop()
  })
  offer()
  document.addEventListener('htmx:after:swap', offer)
}
