/** LiteLLM's deployments in Google's and Amazon's clouds → the endpoints in OpenAI's dialect that these have. */
import type { VendorId } from '../providers/vendors.ts'
import { type Deployment, withReferences } from './litellm-file.ts'

type Params = Deployment['params']

/** What the block of a cloud's provider states of where it is, and of who asks. */
export interface CloudBlock {
  base_url?: string
  region?: string
  project?: string
  credentials?: 'google'
  api_key?: string
}

export const CLOUD_KEYS = ['vertex_project', 'vertex_location', 'aws_region_name']

const SIGNED = 'has no twin: Bedrock is asked with a key of its own, AWS_BEARER_TOKEN_BEDROCK.'

export const CLOUD_WORDS: Readonly<Record<string, string>> = {
  vertex_credentials:
    'has no twin: `credentials: google` takes the file that GOOGLE_APPLICATION_CREDENTIALS names.',
  aws_access_key_id: SIGNED,
  aws_secret_access_key: SIGNED,
  aws_session_token: SIGNED,
  aws_session_name: SIGNED,
  aws_profile_name: SIGNED,
  aws_role_name: SIGNED,
}

/** Undefined for a vendor that is no cloud. */
export function cloudBlock(vendor: VendorId, params: Params): CloudBlock | undefined {
  const stated = withReferences(params.api_base ?? params.base_url)
  if (vendor === 'vertex') {
    const credentials = 'google'
    if (stated !== undefined) return { base_url: stated, credentials }
    const region = withReferences(params.vertex_location) ?? `\${VERTEXAI_LOCATION}`
    const project = withReferences(params.vertex_project) ?? `\${VERTEXAI_PROJECT}`
    // Its address has no region in the name of its host.
    if (region === 'global') return { base_url: globalAddress(project), credentials }
    return { region, project, credentials }
  }
  if (vendor !== 'bedrock') return undefined
  const api_key = withReferences(params.api_key) ?? `\${AWS_BEARER_TOKEN_BEDROCK}`
  if (stated !== undefined) return { base_url: stated, api_key }
  return { region: regionOf(params), api_key }
}

/**
 * The model as the cloud's endpoint in OpenAI's dialect names it.
 * @returns why it has none, as the end of a sentence
 */
export function cloudModel(
  vendor: VendorId,
  model: string,
  mode: unknown,
): { name: string } | { missing: string } {
  if (vendor !== 'vertex' && vendor !== 'bedrock') return { name: model }
  if (mode === 'embedding') return { missing: "its endpoint in OpenAI's dialect has no embeddings" }
  if (vendor === 'vertex') {
    if (model.startsWith('claude')) return { missing: "its endpoint in OpenAI's dialect has no Claude" }
    return { name: model.startsWith('gemini-') ? `google/${model}` : model }
  }
  const name = model.replace(BEDROCK_ROUTE, '')
  const isLacking =
    /(?:^|\.)(?:anthropic|amazon|cohere|ai21|stability)\./.test(name) || name.startsWith('arn:')
  return isLacking ? { missing: "its endpoint in OpenAI's dialect does not have this model" } : { name }
}

/** `bedrock/converse/…`, `bedrock/us-west-2/…` */
const BEDROCK_ROUTE = /^(?:(?:converse|converse_like|invoke)\/)?(?:[a-z]{2}(?:-gov)?-[a-z]+-\d\/)?/

function regionOf({ aws_region_name: stated, model }: Params): string {
  const inModel = /\/([a-z]{2}(?:-gov)?-[a-z]+-\d)\//.exec(String(model))?.[1]
  return withReferences(stated) ?? inModel ?? `\${AWS_REGION}`
}

function globalAddress(project: string): string {
  return `https://aiplatform.googleapis.com/v1/projects/${project}/locations/global/endpoints/openapi`
}
