/* The image viewer: zoom, pan, window, invert, rotate, heatmap, clips, measuring, the image before beside it. The picture itself is already on the page. */
'use strict';
{
  const ZOOM_FOR_FULL = 1.6
  const MAX_ZOOM = 12
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value))
  let opened = 0

  const open = (viewer) => {
    const number = opened += 1
    const stage = viewer.querySelector('.stage')
    const sheet = viewer.querySelector('.sheet')
    const picture = sheet.querySelector('img')
    const { image, heat, heatFrame, frames } = stage.dataset
    const count = Number(frames)
    const isHeatFrame = () => view.frame === Number(heatFrame)
    const start = { scale: 1, x: 0, y: 0, turn: 0, invert: false, level: 0.5, width: 1, frame: 0 }
    const view = { ...start }
    const pointers = new Map()
    let overlay
    let mode = 'move'
    let pinch
    let playing
    const beside = viewer.querySelector('.beside')
    let other

    const input = (name) => viewer.querySelector(`input[data-act=${name}]`)
    const press = (act, on) => viewer.querySelector(`button[data-act=${act}]`)?.setAttribute('aria-pressed', String(on))
    const rowFor = (name) => viewer.querySelector(`[data-for=${name}]`)

    /* out = (in - low) / width, written as brightness then contrast, which the graphics unit does. */
    const filter = () => {
      const level = Math.max(0.01, view.level)
      const parts = []
      if (view.invert) parts.push('invert(1)')
      if (view.width !== 1 || view.level !== 0.5) parts.push(`brightness(${1 / (2 * level)})`, `contrast(${(2 * level) / view.width})`)
      return parts.join(' ') || 'none'
    }
    /* A browser shows a picture that this page has shown before without asking again: after another reading, or of another person, its address is another. */
    const shownBy = (address) => `${address}${address.includes('?') ? '&' : '?'}viewer=${number}`
    const draw = () => {
      const limitX = (stage.clientWidth * Math.max(view.scale, 1)) / 2
      const limitY = (stage.clientHeight * Math.max(view.scale, 1)) / 2
      view.x = clamp(view.x, -limitX, limitX)
      view.y = clamp(view.y, -limitY, limitY)
      sheet.style.transform = `translate(${view.x}px, ${view.y}px) rotate(${view.turn}deg) scale(${view.scale})`
      picture.style.filter = filter()
      if (other) {
        other.parentElement.style.transform = sheet.style.transform
        other.style.filter = picture.style.filter
      }
      if (view.scale >= ZOOM_FOR_FULL) loadFull()
    }
    /* Said until it is tried again: a finding may hide in what is not shown. It is not asked for again by every move. */
    const tellFull = (failed) => { rowFor('full').hidden = !failed }
    const loadFull = () => {
      if (playing || picture.dataset.full === String(view.frame)) return
      const wanted = view.frame
      picture.dataset.full = String(wanted)
      const full = new Image()
      full.onload = () => { if (view.frame === wanted) { tellFull(false); picture.src = full.src } }
      full.onerror = () => { if (view.frame === wanted) tellFull(true) }
      full.src = `${image}?size=full&frame=${wanted}`
    }
    const zoomAt = (factor, clientX, clientY) => {
      const box = stage.getBoundingClientRect()
      const dx = (clientX ?? box.left + box.width / 2) - box.left - box.width / 2
      const dy = (clientY ?? box.top + box.height / 2) - box.top - box.height / 2
      const scale = clamp(view.scale * factor, 1, MAX_ZOOM)
      const change = scale / view.scale
      view.x = scale === 1 ? 0 : dx - (dx - view.x) * change
      view.y = scale === 1 ? 0 : dy - (dy - view.y) * change
      view.scale = scale
      draw()
    }
    const syncWindow = () => {
      input('bright').value = String(Math.round((1 - view.level) * 100))
      input('width').value = String(Math.round(view.width * 100))
    }
    const showFrame = (index) => {
      view.frame = ((index % count) + count) % count
      delete picture.dataset.full
      tellFull(false)
      picture.src = `${image}?size=tablet&frame=${view.frame}`
      showMarks()
      if (overlay) overlay.hidden = !isPressed('heat') || !isHeatFrame()
      if (!input('frame')) return
      input('frame').value = String(view.frame + 1)
      viewer.querySelector('[data-out=frame]').textContent = `${view.frame + 1} / ${count}`
    }
    const play = (on) => {
      clearTimeout(playing)
      playing = undefined
      press('play', on)
      if (!on) return
      const step = () => {
        if (!viewer.isConnected) return
        showFrame(view.frame + 1)
        const next = () => { playing = setTimeout(step, 80) }
        picture.decode().then(next, next)
      }
      playing = setTimeout(step, 80)
    }
    const showHeat = (on) => {
      press('heat', on)
      rowFor('heat').hidden = !on
      if (on && !overlay) {
        overlay = new Image()
        overlay.alt = ''
        overlay.src = shownBy(heat)
        overlay.style.opacity = Number(input('opacity').value) / 100
        sheet.append(overlay)
      }
      if (overlay) overlay.hidden = !on
      /* The network looked at this frame of a clip: on another one the overlay would mark a place that nobody saw. */
      if (on && !isHeatFrame()) {
        play(false)
        showFrame(Number(heatFrame))
      }
    }
    const size = { width: picture.width || 1, height: picture.height || 1 }
    if (picture.getAttribute('width')) Object.assign(size, { width: Number(picture.getAttribute('width')), height: Number(picture.getAttribute('height')) })
    /* The picture's own pixels under a point of the screen: what draw() and object-fit did, backwards. */
    const pointAt = ({ clientX, clientY }) => {
      const box = stage.getBoundingClientRect()
      const [dx, dy] = [clientX - box.left - stage.clientWidth / 2 - view.x, clientY - box.top - stage.clientHeight / 2 - view.y]
      const turn = (-view.turn * Math.PI) / 180
      const fit = Math.min(stage.clientWidth / size.width, stage.clientHeight / size.height) * view.scale
      const x = (dx * Math.cos(turn) - dy * Math.sin(turn)) / fit + size.width / 2
      const y = (dx * Math.sin(turn) + dy * Math.cos(turn)) / fit + size.height / 2
      return { x: clamp(x, 0, size.width), y: clamp(y, 0, size.height) }
    }
    const ruler = window.viewerShapes.rulerOn({ sheet, size }, { scale: () => view.scale, spacing: { row: Number(stage.dataset.row), column: Number(stage.dataset.column) }, out: viewer.querySelector('[data-out=measure]') })
    /* A place to mark is sent in parts of the picture's size. */
    const box = window.viewerShapes.boxOn({ sheet, size }, (parts) => {
      for (const [name, value] of Object.entries({ frame: view.frame, ...parts })) rowFor('region').querySelector(`[name=${name}]`).value = value
    })
    const marks = viewer.querySelector('.regions')
    const showMarks = () => { for (const mark of marks?.querySelectorAll('g') ?? []) mark.toggleAttribute('hidden', Number(mark.dataset.frame) !== view.frame) }
    showMarks()
    const showPrevious = (on) => {
      press('previous', on)
      beside.hidden = !on
      beside.parentElement.classList.toggle('two', on)
      if (on && !other) {
        other = new Image()
        other.alt = beside.dataset.alt
        other.src = shownBy(beside.dataset.image)
        beside.querySelector('.sheet').append(other)
      }
      draw()
    }
    const preset = (level, width) => () => { Object.assign(view, { level, width }); syncWindow(); draw() }
    const setMode = (next) => {
      mode = next
      press('measure', mode === 'measure')
      rowFor('measure').hidden = mode !== 'measure'
      if (mode === 'measure') ruler.draw()
      ruler.hide(mode !== 'measure')
      press('region', mode === 'region')
      if (rowFor('region')) rowFor('region').hidden = mode !== 'region'
      if (mode === 'region') box.draw()
      box.hide(mode !== 'region')
      press('window', mode === 'window')
      rowFor('window').hidden = mode !== 'window'
    }
    const isPressed = (act) => viewer.querySelector(`button[data-act=${act}]`)?.getAttribute('aria-pressed') === 'true'
    const acts = {
      in: () => zoomAt(1.5), out: () => zoomAt(1 / 1.5),
      window: () => setMode(mode === 'window' ? 'move' : 'window'),
      measure: () => setMode(mode === 'measure' ? 'move' : 'measure'),
      region: () => { if (rowFor('region')) setMode(mode === 'region' ? 'move' : 'region') },
      previous: () => { if (beside) showPrevious(beside.hidden) },
      'preset-all': preset(0.5, 1), 'preset-dark': preset(0.2, 0.4), 'preset-middle': preset(0.5, 0.5), 'preset-bright': preset(0.8, 0.4),
      invert: () => { view.invert = !view.invert; press('invert', view.invert); draw() },
      rotate: () => { view.turn += 90; draw() },
      heat: () => { if (heat) showHeat(!isPressed('heat')) },
      play: () => play(!isPressed('play')),
      full: () => { delete picture.dataset.full; tellFull(false); loadFull() },
      reset: () => { const { frame } = view; Object.assign(view, start, { frame }); press('invert', false); setMode('move'); syncWindow(); draw() }
    }
    const slides = {
      bright: (value) => { view.level = clamp(1 - value / 100, 0.01, 0.99); draw() },
      width: (value) => { view.width = value / 100; draw() },
      opacity: (value) => { if (overlay) overlay.style.opacity = value / 100 },
      frame: (value) => { play(false); showFrame(value - 1) }
    }
    const keys = {
      '+': acts.in, '=': acts.in, '-': acts.out, 0: acts.reset, i: acts.invert, h: acts.heat, r: acts.rotate, w: acts.window, m: acts.measure, p: acts.previous, b: acts.region,
      1: acts['preset-all'], 2: acts['preset-dark'], 3: acts['preset-middle'], 4: acts['preset-bright'],
      ArrowLeft: () => { view.x += 40; draw() }, ArrowRight: () => { view.x -= 40; draw() },
      ArrowUp: () => { view.y += 40; draw() }, ArrowDown: () => { view.y -= 40; draw() }
    }

    const rulerKeys = {
      ArrowLeft: () => ruler.step(-1, 0), ArrowRight: () => ruler.step(1, 0), ArrowUp: () => ruler.step(0, -1), ArrowDown: () => ruler.step(0, 1),
      Enter: ruler.otherEnd
    }
    const boxKeys = (grow) => ({ ArrowLeft: () => box.step(-1, 0, grow), ArrowRight: () => box.step(1, 0, grow), ArrowUp: () => box.step(0, -1, grow), ArrowDown: () => box.step(0, 1, grow) })

    viewer.querySelector('.tools').addEventListener('click', (event) => {
      const act = event.target.closest('button[data-act]')?.dataset.act
      if (act) acts[act]()
    })
    viewer.addEventListener('input', (event) => {
      const act = event.target.dataset.act
      if (act in slides) slides[act](Number(event.target.value))
    })
    stage.addEventListener('keydown', (event) => {
      const act = (mode === 'measure' && rulerKeys[event.key]) || (mode === 'region' && boxKeys(event.shiftKey)[event.key]) || keys[event.key]
      if (event.ctrlKey || event.metaKey || event.altKey || !act) return
      event.preventDefault()
      act()
    })
    stage.addEventListener('wheel', (event) => {
      event.preventDefault()
      zoomAt(Math.exp(-event.deltaY * 0.0015), event.clientX, event.clientY)
    }, { passive: false })
    stage.addEventListener('dblclick', (event) => (view.scale > 1 ? acts.reset() : zoomAt(2.5, event.clientX, event.clientY)))

    const pinchOf = () => {
      const [a, b] = [...pointers.values()]
      return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
    }
    const drag = (dx, dy) => {
      if (mode === 'window') {
        view.level = clamp(view.level - dy / 400, 0.01, 0.99)
        view.width = clamp(view.width + dx / 400, 0.04, 1)
        syncWindow()
      } else {
        view.x += dx
        view.y += dy
      }
      draw()
    }
    stage.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
      stage.setPointerCapture(event.pointerId)
      pinch = pointers.size === 2 ? pinchOf() : undefined
      if (mode === 'measure' && !pinch) ruler.begin(pointAt(event))
      if (mode === 'region' && pinch) box.letGo()
      else if (mode === 'region') box.begin(pointAt(event))
    })
    stage.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId)
      if (!before) return
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
      if (pointers.size === 2) {
        const now = pinchOf()
        view.x += now.x - pinch.x
        view.y += now.y - pinch.y
        zoomAt(now.distance / Math.max(1, pinch.distance), now.x, now.y)
        pinch = now
      } else if (pointers.size === 1) {
        /* At full size a finger scrolls the page; only a zoomed picture is moved. */
        if (mode === 'measure') ruler.move(pointAt(event))
        else if (mode === 'region') box.to(pointAt(event))
        else if (mode === 'window' || view.scale > 1) drag(event.clientX - before.x, event.clientY - before.y)
        else if (event.pointerType === 'touch') window.scrollBy(0, before.y - event.clientY)
      }
    })
    for (const name of ['pointerup', 'pointercancel']) {
      stage.addEventListener(name, (event) => { pointers.delete(event.pointerId); pinch = undefined })
    }

    viewer.classList.add('live')
    viewer.querySelector('.tools').hidden = false
  }

  const openAll = () => {
    for (const viewer of document.querySelectorAll('.viewer:not(.live)')) if (viewer.querySelector('.stage')) open(viewer)
  }
  /* A viewer stays when the page around it is made anew: what is marked in it is marked on the study as the page shows it now. */
  const seeRevision = () => {
    const { revision } = document.getElementById('study')?.dataset ?? {}
    for (const seen of document.querySelectorAll('.viewer [name=revision]')) seen.value = revision
  }
  openAll()
  document.addEventListener('htmx:after:swap', () => { openAll(); seeRevision() })
}
