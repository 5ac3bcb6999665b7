import type { Route } from './route.js'

/** What phones and tablets ask to find out whether a Wi-Fi leads anywhere; each is sent to the page that this machine may have. */
export const PROBES = ['/generate_204', '/gen_204', '/hotspot-detect.html', '/library/test/success.html', '/connecttest.txt', '/ncsi.txt', '/redirect', '/canonical.html', '/success.txt']

export const probeRoutes = (): Route[] => PROBES.map((path) => ({
  method: 'GET', path, access: 'public',
  handle: async ({ ctx }) => {
    ctx.redirect(ctx.state['trustOnly'] ? '/trust' : '/')
    ctx.body = 'This Wi-Fi belongs to the screening appliance: open its page.\n'
  }
}))
