/* What is drawn over a viewer's picture, in the picture's own pixels: the ruler, and the box that marks a place. */
'use strict'
{
  const SVG = 'http://www.w3.org/2000/svg'
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value))

  /* Twice the same shape: the one under is the rim that is seen on light and on dark. */
  const drawing = ({ sheet, size }, className, shape) => {
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('class', className)
    svg.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`)
    for (const name of ['under', 'over']) {
      const each = document.createElementNS(SVG, shape)
      each.setAttribute('class', name)
      svg.append(each)
    }
    sheet.append(svg)
    return svg
  }

  /* `at`: of the picture, with its `sheet` and `size` in pixels; `scale()`: how far it is zoomed; `out`: where the length is written, by the `spacing` of rows and columns in millimetres where it is known. */
  const rulerOn = (at, { scale, spacing: { row, column }, out }) => {
    const { size } = at
    let ends = [{ x: size.width * 0.35, y: size.height / 2 }, { x: size.width * 0.65, y: size.height / 2 }]
    let active = 1
    let svg
    const cross = ({ x, y }) => { const r = size.width / 60 / scale(); return `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}` }
    const tell = ([a, b]) => {
      const length = row && column ? Math.hypot((a.x - b.x) * column, (a.y - b.y) * row) : Math.hypot(a.x - b.x, a.y - b.y)
      out.textContent = (row && column ? out.dataset.mm : out.dataset.px).replace('{length}', row && column ? length.toFixed(1) : String(Math.round(length)))
    }
    const draw = () => {
      svg ??= drawing(at, 'ruler', 'path')
      const [a, b] = ends
      for (const path of svg.children) path.setAttribute('d', `M${a.x} ${a.y}L${b.x} ${b.y}${cross(a)}${cross(b)}`)
      tell(ends)
    }
    const move = (point) => { ends[active] = point; draw() }
    return {
      draw, move,
      hide: (hidden) => svg?.toggleAttribute('hidden', hidden),
      otherEnd: () => { active = 1 - active },
      begin(point) {
        const reach = Math.max(size.width, size.height) * 0.04 / scale()
        const near = ends.findIndex((end) => Math.hypot(end.x - point.x, end.y - point.y) < reach)
        active = near < 0 ? 1 : near
        if (near < 0) ends = [point, point]
        draw()
      },
      step(dx, dy) {
        const by = Math.max(1, size.width / 200)
        move({ x: clamp(ends[active].x + dx * by, 0, size.width), y: clamp(ends[active].y + dy * by, 0, size.height) })
      }
    }
  }

  /* `put` is told the box in parts of the picture's size, whenever it changes. */
  const boxOn = (at, put) => {
    const { size } = at
    let rect = { x: size.width * 0.4, y: size.height * 0.4, width: size.width * 0.2, height: size.height * 0.2 }
    let from
    let svg
    const draw = () => {
      svg ??= drawing(at, 'regions drawing', 'rect')
      for (const shape of svg.children) for (const [name, value] of Object.entries(rect)) shape.setAttribute(name, value)
      put({ x: rect.x / size.width, y: rect.y / size.height, width: rect.width / size.width, height: rect.height / size.height })
    }
    const change = (next) => { rect = next; draw() }
    const to = (point) => {
      if (from) change({ x: Math.min(from.x, point.x), y: Math.min(from.y, point.y), width: Math.abs(point.x - from.x), height: Math.abs(point.y - from.y) })
    }
    return {
      draw, to,
      hide: (hidden) => svg?.toggleAttribute('hidden', hidden),
      begin(point) { from = point; to(point) },
      letGo() { from = undefined },
      step(dx, dy, grow) {
        const by = size.width / 50
        const { x, y, width, height } = rect
        if (grow) change({ x, y, width: clamp(width + dx * by, by, size.width - x), height: clamp(height + dy * by, by, size.height - y) })
        else change({ x: clamp(x + dx * by, 0, size.width - width), y: clamp(y + dy * by, 0, size.height - height), width, height })
      }
    }
  }

  window.viewerShapes = { rulerOn, boxOn }
}
