/** Microsoft Entra ID for Azure: an application by its secret or by a workload's token, else the machine's managed identity. */
import { type IssuedToken, TokenError } from './access-token.ts'
import { askToken } from './ask-token.ts'
import type { TokenSurroundings } from './token-surroundings.ts'

const RESOURCE = 'https://cognitiveservices.azure.com'
const AUTHORITY = 'https://login.microsoftonline.com'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Variables are those of Azure's SDKs. @throws TokenError */
export async function entraToken(around: TokenSurroundings): Promise<IssuedToken> {
  const { AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: tokenFile } = around.environment
  if (secret) return applicationToken(around, { client_secret: secret })
  if (!tokenFile) return machineToken(around)
  const assertion = await around.readFile(tokenFile)
  if (assertion === undefined) {
    throw new TokenError('AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read.', false)
  }
  return applicationToken(around, {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion.trim(),
  })
}

function applicationToken(
  { network, environment }: TokenSurroundings,
  proof: Readonly<Record<string, string>>,
): Promise<IssuedToken> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: application, AZURE_AUTHORITY_HOST: host } = environment
  if (!tenant || !application) {
    const missing = [tenant ? '' : 'AZURE_TENANT_ID', application ? '' : 'AZURE_CLIENT_ID'].filter(Boolean)
    throw new TokenError(
      `Entra needs ${missing.join(' and ')} beside the application's secret or token.`,
      false,
    )
  }
  return askToken(network, {
    issuer: 'Entra',
    url: `${(host || AUTHORITY).replace(/\/+$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: application,
      scope: `${RESOURCE}/.default`,
      ...proof,
    },
    headers: [],
    advice: 'check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET',
  })
}

/** Azure's instance metadata service; `AZURE_CLIENT_ID` chooses among several identities. */
function machineToken({ network, environment }: TokenSurroundings): Promise<IssuedToken> {
  const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host, AZURE_CLIENT_ID: identity } = environment
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: `${RESOURCE}/` })
  if (identity) query.set('client_id', identity)
  return askToken(network, {
    issuer: "Azure's metadata service",
    url: `${(host || 'http://169.254.169.254').replace(/\/+$/, '')}/metadata/identity/oauth2/token?${query}`,
    form: undefined,
    headers: ['metadata', 'true'],
    advice:
      'set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET where this machine has no managed identity',
  })
}
