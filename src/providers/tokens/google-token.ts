/** Google's Application Default Credentials: a file that a variable names, the one that gcloud wrote, else the machine's own. */
import { isObject } from '../../openai/is-object.ts'
import { type IssuedToken, TokenError } from './access-token.ts'
import { askToken } from './ask-token.ts'
import { type ServiceAccount, signedAssertion } from './signed-assertion.ts'
import type { TokenSurroundings } from './token-surroundings.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const TOKEN_ADDRESS = 'https://oauth2.googleapis.com/token'
const ISSUER = 'Google'

type CredentialFile = Readonly<Record<string, unknown>>

/** @throws TokenError */
export async function googleToken(around: TokenSurroundings): Promise<IssuedToken> {
  const file = await credentialFile(around)
  if (file === undefined) return machineToken(around)
  if (file.type === 'service_account') return serviceAccountToken(around, file)
  if (file.type === 'authorized_user') return userToken(around, file)
  const message = `Google's credentials are of a type that trimtab does not know (${String(file.type)}): use a service account's key, \`gcloud auth application-default login\`, or the machine's own service account.`
  throw new TokenError(message, false)
}

async function serviceAccountToken(around: TokenSurroundings, file: CredentialFile): Promise<IssuedToken> {
  const account: ServiceAccount = {
    client_email: member(file, 'client_email'),
    private_key: member(file, 'private_key'),
    private_key_id: typeof file.private_key_id === 'string' ? file.private_key_id : undefined,
    token_uri: typeof file.token_uri === 'string' ? file.token_uri : TOKEN_ADDRESS,
  }
  const assertion = await signedAssertion(account, SCOPE, around.now())
  return askToken(around.network, {
    issuer: ISSUER,
    url: account.token_uri,
    form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
    headers: [],
    advice: "check that the service account's key is still valid, and this machine's clock",
  })
}

function userToken({ network }: TokenSurroundings, file: CredentialFile): Promise<IssuedToken> {
  return askToken(network, {
    issuer: ISSUER,
    url: typeof file.token_uri === 'string' ? file.token_uri : TOKEN_ADDRESS,
    form: {
      grant_type: 'refresh_token',
      client_id: member(file, 'client_id'),
      client_secret: member(file, 'client_secret'),
      refresh_token: member(file, 'refresh_token'),
    },
    headers: [],
    advice: 'run `gcloud auth application-default login` again',
  })
}

/** Of a virtual machine, a container or a function in Google's cloud. */
function machineToken({ network, environment }: TokenSurroundings): Promise<IssuedToken> {
  const host = environment.GCE_METADATA_HOST || '169.254.169.254'
  return askToken(network, {
    issuer: "Google's metadata server",
    url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
    form: undefined,
    headers: ['metadata-flavor', 'Google'],
    advice:
      "set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file where this machine is not Google's",
  })
}

/** Undefined where there is none. @throws TokenError where it is not what it should be */
async function credentialFile({
  environment,
  readFile,
}: TokenSurroundings): Promise<CredentialFile | undefined> {
  const named = environment.GOOGLE_APPLICATION_CREDENTIALS
  const text = named ? await readFile(named) : await readFile(usualPlace(environment))
  if (text === undefined) {
    if (!named) return undefined
    throw new TokenError('GOOGLE_APPLICATION_CREDENTIALS names a file that cannot be read.', false)
  }
  try {
    const file: unknown = JSON.parse(text)
    if (isObject(file)) return file
  } catch {
    // told below
  }
  throw new TokenError("Google's credentials file holds no JSON object: download or make it again.", false)
}

/** Where `gcloud auth application-default login` writes. */
function usualPlace({ CLOUDSDK_CONFIG, APPDATA, HOME }: TokenSurroundings['environment']): string {
  const folder = CLOUDSDK_CONFIG || (APPDATA ? `${APPDATA}/gcloud` : `${HOME ?? ''}/.config/gcloud`)
  return `${folder}/application_default_credentials.json`
}

function member(file: CredentialFile, name: string): string {
  const value = file[name]
  if (typeof value === 'string' && value !== '') return value
  throw new TokenError(`Google's credentials file has no ${name}: download or make it again.`, false)
}
