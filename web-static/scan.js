/* Reads the barcode or QR code of a card with the tablet's own camera: by the browser's BarcodeDetector, else by a library that is fetched when somebody scans. No picture leaves the tablet. */
'use strict';
{
  const LOOK_MS = 150
  const NO_READER = 'no-reader'
  const KINDS = ['qr_code', 'code_128']
  /* Pixels on the longer side that the library looks at: enough for a label that fills half the picture, and quick on an old tablet. */
  const MOST_PIXELS = 960
  const can = Boolean(navigator.mediaDevices?.getUserMedia)
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
  /* Chrome without Google's services has the class, and it reads nothing. */
  const readsCodes = async () => {
    if (!('BarcodeDetector' in window)) return false
    const kinds = await window.BarcodeDetector.getSupportedFormats?.().catch(() => [])
    return !kinds || KINDS.every((kind) => kinds.includes(kind))
  }
  let library
  const load = () => (library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    Object.assign(script, { src: '/static/vendor/zxing.js', onload: () => resolve(window.ZXing), onerror: () => { library = undefined; script.remove(); reject(new Error(NO_READER)) } })
    document.head.append(script)
  }))
  /* Looks at one picture as it is and at the next one on its side, since lines are read along rows only. */
  const reader = (zxing) => {
    const { BarcodeFormat, BinaryBitmap, DecodeHintType, HybridBinarizer, MultiFormatReader, RGBLuminanceSource } = zxing
    const codes = new MultiFormatReader()
    const formats = ['QR_CODE', 'DATA_MATRIX', 'CODE_128', 'CODE_39', 'EAN_13', 'EAN_8', 'ITF', 'CODABAR'].map((name) => BarcodeFormat[name])
    codes.setHints(new Map([[DecodeHintType.POSSIBLE_FORMATS, formats], [DecodeHintType.TRY_HARDER, true]]))
    const canvas = document.createElement('canvas')
    const ink = canvas.getContext('2d', { willReadFrequently: true })
    let turned = true
    const detect = (video) => {
      turned = !turned
      const scale = Math.min(1, MOST_PIXELS / Math.max(video.videoWidth, video.videoHeight))
      const [wide, high] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)]
      Object.assign(canvas, turned ? { width: high, height: wide } : { width: wide, height: high })
      if (turned) ink.setTransform(0, 1, -1, 0, high, 0)
      ink.drawImage(video, 0, 0, wide, high)
      const { data, width, height } = ink.getImageData(0, 0, canvas.width, canvas.height)
      const grey = new Uint8ClampedArray(width * height)
      for (let at = 0; at < grey.length; at += 1) grey[at] = (data[4 * at] * 77 + data[4 * at + 1] * 150 + data[4 * at + 2] * 29) >> 8
      return [{ rawValue: codes.decodeWithState(new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(grey, width, height)))).getText() }]
    }
    return { detect: async (video) => detect(video) }
  }
  const openDetector = async () => ((await readsCodes()) ? new window.BarcodeDetector() : reader(await load()))

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
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
      stop = end
      video.srcObject = stream
      button.hidden = true
      view.hidden = false
      view.querySelector('button').focus()
      const [detector] = await Promise.all([openDetector(), video.play()])
      while (!over && box.isConnected) {
        const [code] = await detector.detect(video).catch(() => [])
        if (code?.rawValue && !over) {
          end()
          return found(document.querySelector(box.dataset.into), code.rawValue.trim())
        }
        await new Promise((later) => { setTimeout(later, LOOK_MS) })
      }
      end()
    } catch (problem) {
      trouble.querySelector('span').textContent = problem.message === NO_READER ? trouble.dataset.noReader : trouble.dataset.noCamera
      trouble.hidden = over
      end()
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
