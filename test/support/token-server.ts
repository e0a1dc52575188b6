/** Stands in for the servers of Google and Microsoft that issue tokens, and refuses what they refuse. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const SERVICE_ACCOUNT = 'trimtab@project.iam.gserviceaccount.example'
export const KEY_ID = 'key-1'
export const TENANT = 'tenant-1'
export const APPLICATION = { id: 'application-1', secret: 'secret~of-the-application' }
export const USER = { client_id: 'gcloud', client_secret: 'secret-of-gcloud', refresh_token: '1//refresh' }

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const RESOURCE = 'https://cognitiveservices.azure.com'

export interface TokenServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Address of Google's token endpoint here, the audience of assertions. */
  readonly tokenUri: string
  /** PEM of the service account's private key. */
  readonly privateKey: string
  /** Tokens given out, oldest first. */
  readonly issued: readonly string[]
  /** Questions, refused ones too. */
  readonly asked: readonly string[]
  /** Of tokens from now on. */
  lifetimeSeconds: number
  /** Answers with this status until it is undefined again. */
  broken: number | undefined
  /** Answers nothing while it is true. */
  silent: boolean
  close(): Promise<void>
}

type Answer = { status: number; body: unknown }

const refused = (status: number, error: string, error_description: string): Answer => ({
  status,
  body: { error, error_description },
})

export async function startTokenServer(): Promise<TokenServer> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issued: string[] = []
  const asked: string[] = []
  const state = { lifetimeSeconds: 3599, broken: undefined as number | undefined, silent: false }
  const grant = (expiresAs: (seconds: number) => unknown = (seconds) => seconds): Answer => {
    const token = `token-${issued.length + 1}-${randomBytes(8).toString('hex')}`
    issued.push(token)
    const body = { access_token: token, expires_in: expiresAs(state.lifetimeSeconds), token_type: 'Bearer' }
    return { status: 200, body }
  }
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (state.silent) return
    if (state.broken !== undefined) return send(response, { status: state.broken, body: {} })
    send(response, answer(request, await form(request)))
  })
  const answer = (request: IncomingMessage, sent: URLSearchParams): Answer => {
    const url = new URL(request.url ?? '', 'http://here')
    const place = `${request.method} ${url.pathname}`
    if (place === 'POST /token') return googleRefusal(sent, `${origin}/token`, keys.publicKey) ?? grant()
    if (place === 'GET /computeMetadata/v1/instance/service-accounts/default/token') {
      const isMeant = request.headers['metadata-flavor'] === 'Google'
      return isMeant ? grant() : refused(403, 'forbidden', 'Missing Metadata-Flavor:Google header.')
    }
    if (place === `POST /${TENANT}/oauth2/v2.0/token`) return entraRefusal(sent) ?? grant()
    if (place === 'GET /metadata/identity/oauth2/token') {
      return machineRefusal(request, url.searchParams) ?? grant(String)
    }
    return refused(404, 'not_found', `Nothing is at ${place}`)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, {
    origin,
    tokenUri: `${origin}/token`,
    privateKey: String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    issued,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

/** https://developers.google.com/identity/protocols/oauth2/service-account, "Error codes". */
function googleRefusal(sent: URLSearchParams, audience: string, key: KeyObject): Answer | undefined {
  const type = sent.get('grant_type')
  if (type === 'refresh_token') {
    const { client_id, client_secret, refresh_token } = USER
    if (sent.get('client_id') !== client_id || sent.get('client_secret') !== client_secret)
      return refused(401, 'invalid_client', 'Unauthorized')
    return sent.get('refresh_token') === refresh_token
      ? undefined
      : refused(400, 'invalid_grant', 'Bad Request')
  }
  if (type !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    return refused(400, 'unsupported_grant_type', `Invalid grant_type: ${type}`)
  return assertionRefusal(sent.get('assertion') ?? '', audience, key)
}

function assertionRefusal(assertion: string, audience: string, key: KeyObject): Answer | undefined {
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  const { alg, kid } = read(header)
  const { iss, scope, aud, iat, exp } = read(claims)
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    createPublicKey({ key: key.export({ type: 'spki', format: 'pem' }), format: 'pem' }),
    Buffer.from(signature, 'base64url'),
  )
  if (iss !== SERVICE_ACCOUNT) return refused(400, 'invalid_grant', 'Invalid grant: account not found')
  if (alg !== 'RS256' || kid !== KEY_ID || !isSigned)
    return refused(400, 'invalid_grant', 'Invalid JWT Signature.')
  if (aud !== audience) return refused(400, 'invalid_grant', 'Invalid JWT: Failed audience check.')
  const now = Date.now() / 1000
  const isTimely = Number(iat) <= now + 300 && Number(exp) > now && Number(exp) - Number(iat) <= 3600
  if (!isTimely)
    return refused(400, 'invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes)')
  return scope === SCOPE ? undefined : refused(400, 'invalid_scope', 'Invalid OAuth scope.')
}

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function entraRefusal(sent: URLSearchParams): Answer | undefined {
  if (sent.get('grant_type') !== 'client_credentials')
    return refused(400, 'unsupported_grant_type', 'AADSTS70003: The app requested an unsupported grant type.')
  if (sent.get('client_id') !== APPLICATION.id)
    return refused(400, 'unauthorized_client', 'AADSTS700016: Application was not found in the directory.')
  if (sent.get('scope') !== `${RESOURCE}/.default`)
    return refused(400, 'invalid_scope', 'AADSTS70011: The provided value for scope is not valid.')
  if (sent.get('client_secret') === APPLICATION.secret) return undefined
  const assertion = sent.get('client_assertion')
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  if (assertion === 'token-of-the-workload' && sent.get('client_assertion_type') === type) return undefined
  const said = 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0a1b\r\nTimestamp: 2026-01-01'
  return refused(401, 'invalid_client', said)
}

function machineRefusal(request: IncomingMessage, query: URLSearchParams): Answer | undefined {
  if (request.headers.metadata !== 'true')
    return refused(400, 'invalid_request', 'Required metadata header not specified')
  if (query.get('api-version') !== '2018-02-01' || query.get('resource') !== `${RESOURCE}/`)
    return refused(400, 'invalid_resource', 'AADSTS500011: The resource was not found.')
  const identity = query.get('client_id')
  return identity === null || identity === APPLICATION.id
    ? undefined
    : refused(400, 'invalid_request', 'Identity not found')
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const piece of request) text += String(piece)
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  return new URLSearchParams(isForm ? text : '')
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
