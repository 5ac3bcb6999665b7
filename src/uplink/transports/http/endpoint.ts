import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { PeerTls } from '../../../dicom/upper-layer/peer.js'
import { problem, type Problem } from '../../../domain/problem.js'
import { err, ok, type Result } from '../../../domain/result.js'
import { readTls, tlsOption } from '../tls-files.js'
import { HttpLine, type HttpAnswer, type HttpCall, type HttpFailure, type HttpTimes } from './http-request.js'

const secretPath = z.string().regex(/^\//, 'expected the absolute path of a file with the secret')
const secret = z.string().min(1).max(4096).regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces')

/** Where a service is and how one shows who one is: what the HTTP kinds of destination share. */
export const endpointOptions = {
  url: z.string().refine(isPlainUrl, 'expected http:// or https:// and an address, without user, query or fragment'),
  bearer: secret.optional(), bearerFile: secretPath.optional(),
  user: z.string().min(1).max(256).regex(/^[^:\r\n]+$/, 'expected a name without colon').optional(), password: secret.optional(), passwordFile: secretPath.optional(),
  tls: tlsOption.optional()
}
export const endpointShape = z.object(endpointOptions)
export type EndpointOptions = z.infer<typeof endpointShape>

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && `${username}${password}${search}${hash}` === ''
}

/** Problems that one option alone does not show. */
export function endpointProblems({ bearer, bearerFile, user, password, passwordFile }: EndpointOptions): Problem[] {
  const ways = [bearer, bearerFile, user].filter((one) => one !== undefined).length
  if (ways > 1) return [problem('bad-site-file', 'expected one of bearer, bearerFile and user', 'bearer')]
  const secrets = [password, passwordFile].filter((one) => one !== undefined).length
  return secrets === (user === undefined ? 0 : 1) ? [] : [problem('bad-site-file', 'expected user together with password or passwordFile', 'user')]
}

/** An HTTP service: reads its secrets and certificates anew for each connection, so that renewed ones need no restart. */
export class Endpoint {
  private readonly base: URL
  private line: { readonly made: string; readonly http: HttpLine } | undefined

  constructor(private readonly options: EndpointOptions) {
    this.base = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`)
  }

  get address(): string {
    return this.base.href.replace(/\/$/, '')
  }

  url(path: string): URL {
    return path === '' ? new URL(this.address) : new URL(path, this.base)
  }

  async call(call: Omit<HttpCall, 'url'> & { readonly path: string }, times: HttpTimes): Promise<Result<HttpAnswer, HttpFailure>> {
    const access = await this.access()
    if (!access.ok) return err({ problem: access.error, sent: 'none' })
    const { authorization, tls } = access.value
    const answer = await this.lineFor(tls).call({ ...call, url: this.url(call.path), headers: { ...(authorization ? { authorization } : {}), ...call.headers } }, times)
    return answer.ok && isWebPage(answer.value) ? err({ problem: WEB_PAGE(this.address), sent: 'none' }) : answer
  }

  /** What shows who we are. */
  async access(): Promise<Result<{ readonly authorization?: string; readonly tls?: PeerTls }, Problem>> {
    const { bearer, bearerFile, user, password, passwordFile } = this.options
    const tls = await readTls(this.options.tls)
    if (!tls.ok) return tls
    try {
      const token = bearerFile === undefined ? bearer : (await readFile(bearerFile, 'utf8')).trim()
      const word = passwordFile === undefined ? password : (await readFile(passwordFile, 'utf8')).trim()
      const authorization = token !== undefined ? `Bearer ${token}` : user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${word ?? ''}`).toString('base64')}`
      return ok({ ...(authorization ? { authorization } : {}), ...(tls.value ? { tls: tls.value } : {}) })
    } catch {
      return err(problem('secret-unreadable', 'The file with the secret of this destination can not be read. Put it there and let the service read it.'))
    }
  }

  close(): void {
    this.line?.http.close()
  }

  private lineFor(tls: PeerTls | undefined): HttpLine {
    const made = JSON.stringify(tls ?? null)
    if (this.line?.made !== made) {
      this.line?.http.close()
      this.line = { made, http: new HttpLine(this.base.protocol === 'https:', tls) }
    }
    return this.line.http
  }
}

/** A mobile network whose credit is used up, and the sign-in page of a Wi-Fi, answer 200 to anything in the place of the service: nothing arrived there. */
const isWebPage = ({ status, body }: HttpAnswer): boolean => status < 300 && /^\s*<(!doctype html|html)[\s>]/i.test(body.subarray(0, 200).toString('latin1'))

const WEB_PAGE = (where: string): Problem => problem('wrong-address', `A web page answers in the place of ${where}. Look whether the mobile network wants credit or the Wi-Fi a sign-in; else check the url.`)

/** What an HTTP status says of the service as a whole, whatever was asked; undefined when it concerns the request. */
export function serviceProblem(status: number, where: string): Problem | undefined {
  if (status === 401 || status === 403) return problem('not-authorised', `${where} refuses the appliance (HTTP ${status}). Check its token, password or certificate.`)
  if (status === 404 || status === 405 || status === 501 || (status >= 300 && status < 400)) return problem('wrong-address', `${where} offers no such service (HTTP ${status}). Check the url.`)
  if (status === 429 || status === 502 || status === 503 || status === 504) return problem('destination-busy', `${where} can not answer now (HTTP ${status}); it is tried again by itself.`)
  return undefined
}
