import type { Route } from './route.js'

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'method'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' }

type Compiled = { readonly route: Route; readonly parts: readonly string[] }

/** Routes by pattern: `:name` takes one segment. Fixed segments win over names; HEAD is answered by GET. */
export function createMatcher(routes: readonly Route[]): (method: string, path: string) => Match {
  const compiled: Compiled[] = routes.map((route) => ({ route, parts: split(route.path) })).sort((a, b) => names(a) - names(b))
  return (method, path) => {
    const given = split(path)
    const fitting = compiled.flatMap(({ route, parts }) => {
      const params = fit(parts, given)
      return params ? [{ route, params }] : []
    })
    const exact = fitting.find(({ route }) => route.method === method) ?? (method === 'HEAD' ? fitting.find(({ route }) => route.method === 'GET') : undefined)
    if (exact) return { kind: 'route', ...exact }
    return fitting.length > 0 ? { kind: 'method', allowed: [...new Set(fitting.map(({ route }) => route.method))] } : { kind: 'none' }
  }
}

const names = ({ parts }: Compiled): number => parts.filter((part) => part.startsWith(':')).length

/** A slash at the end does not matter. */
const split = (path: string): string[] => path.replace(/(.)\/+$/, '$1').split('/').slice(1)

function fit(parts: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const value = given[index] as string
    if (part.startsWith(':')) {
      const decoded = decode(value)
      if (!decoded) return undefined
      params[part.slice(1)] = decoded
    } else if (part !== value) return undefined
  }
  return params
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
