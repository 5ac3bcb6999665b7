import type { Random } from '../random.js'

const ODD: readonly unknown[] = [null, true, [], {}, '', 'x', 0, -1, 1.5, 1e308, '\u0000', '__proto__', 'a'.repeat(10_000), [null], [[]], { Value: 'x' }, { Value: null }, { Value: [null] }, '../../etc/passwd', '2026-13-45', 'é\u202e😀']

type Place = { readonly inside: Record<string, unknown>; readonly key: string }

function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = value as Record<string, unknown>
  return Object.keys(inside).flatMap((key) => [{ inside, key }, ...places(inside[key])])
}

/** JSON that can still be read, with one to three of its members replaced, removed or renamed. */
export function oddJson(seeds: readonly Buffer[], random: Random): Buffer {
  const whole = { root: JSON.parse(random.pick(seeds).toString()) as unknown }
  for (let left = 1 + random.below(3); left > 0; left--) {
    const all = places(whole)
    if (all.length === 0) break
    const { inside, key } = random.pick(all)
    const how = random.below(4)
    if (how === 0) Reflect.deleteProperty(inside, key)
    else if (how === 1 && !Array.isArray(inside)) inside[`${key}x`] = inside[key]
    else inside[key] = structuredClone(random.pick(ODD))
  }
  return Buffer.from(JSON.stringify(whole.root ?? null))
}
