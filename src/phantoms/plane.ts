/** One channel of a picture in the making: row-major floats, nominally 0..1. */
export type Plane = { readonly width: number; readonly height: number; readonly data: Float32Array }

export const createPlane = (width: number, height: number): Plane => ({ width, height, data: new Float32Array(width * height) })

/** Raises the plane to `value` inside a disc with a soft rim of one pixel; keeps what is already higher. Pixel units. */
export function stampDisc(plane: Plane, disc: { x: number; y: number; radius: number; value: number }): void {
  const reach = disc.radius + 0.5
  const left = Math.max(0, Math.floor(disc.x - reach))
  const right = Math.min(plane.width - 1, Math.ceil(disc.x + reach))
  const bottom = Math.min(plane.height - 1, Math.ceil(disc.y + reach))
  for (let y = Math.max(0, Math.floor(disc.y - reach)); y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const distance = Math.sqrt((x - disc.x) * (x - disc.x) + (y - disc.y) * (y - disc.y))
      const cover = Math.min(1, Math.max(0, reach - distance)) * Math.min(1, disc.radius * 2)
      const at = y * plane.width + x
      const value = cover * disc.value
      if (value > (plane.data[at] ?? 0)) plane.data[at] = value
    }
}

/** Three box blurs of the given radius in pixels, in place: close to a Gaussian of about that standard deviation. */
export function blurPlane(plane: Plane, radius: number): void {
  const reach = Math.round(radius)
  if (reach < 1) return
  for (let pass = 0; pass < 3; pass++) {
    for (let y = 0; y < plane.height; y++) blurLine(plane.data, { start: y * plane.width, step: 1, length: plane.width, reach })
    for (let x = 0; x < plane.width; x++) blurLine(plane.data, { start: x, step: plane.width, length: plane.height, reach })
  }
}

function blurLine(data: Float32Array, line: { start: number; step: number; length: number; reach: number }): void {
  const { start, step, length, reach } = line
  const source = new Float32Array(length)
  for (let i = 0; i < length; i++) source[i] = data[start + i * step] ?? 0
  const at = (i: number): number => source[Math.min(length - 1, Math.max(0, i))] ?? 0
  let sum = 0
  for (let i = -reach; i <= reach; i++) sum += at(i)
  for (let i = 0; i < length; i++) {
    data[start + i * step] = sum / (2 * reach + 1)
    sum += at(i + reach + 1) - at(i - reach)
  }
}

/** To 8 bit, planes interleaved; below 0 is 0, above 1 is 255. */
export function toBytes(planes: readonly Plane[]): Uint8Array {
  const first = planes[0]
  if (!first) return new Uint8Array()
  const bytes = new Uint8Array(first.data.length * planes.length)
  planes.forEach((plane, channel) => {
    for (let i = 0; i < plane.data.length; i++)
      bytes[i * planes.length + channel] = Math.round(Math.min(1, Math.max(0, plane.data[i] ?? 0)) * 255)
  })
  return bytes
}
