/** The `trimtab.yaml` that `init` writes: short, sound without any variable set, every key shown and switched off. */

export interface StartingFolders {
  /** As the file says it, counted from the file's own folder. */
  policies: string
  /** Undefined: the usual one beside the file. */
  data: string | undefined
}

/** A line that begins with `#` and a key does what it shows once the `#` is taken away. */
export function startingConfig({ policies, data }: StartingFolders): string {
  return `# Where things run. Every key is optional; to set one, take away the # at its beginning.
# Without providers, those are found whose API keys are in the environment, and model servers on local ports.
# trimtab.example.yaml in the package explains everything that providers can state.

# Folders, counted from this file.
policies: ${yamlText(policies)}
${data === undefined ? '#data: ./data' : `data: ${yamlText(data)}`}

#listen: { host: 127.0.0.1, port: 8787, max_body: 10MB }
#access: { mode: open }               # open: this machine only | keys: \`trimtab keys create\`
#durability: process                  # what a commit outlives: process (a kill) | power (a power cut too)
#log: { level: info, access: off }    # error | warn | info; access: a line a request
#ledger: { on_failure: proceed }      # proceed | refuse: requests while the ledger cannot be written
#retention: { requests: 90d, rollups: 2y }   # d, w, y or forever: requests, and their sums by hour
#traces: { endpoint: "http://localhost:4318" }   # an OpenTelemetry collector

# \${NAME} is replaced by the environment variable of that name.
#providers:
#  openai: { api_key: "\${OPENAI_API_KEY}" }
#  gpu: { vendor: vllm, base_url: "http://10.0.0.1:8000/v1", models: [qwen3-4b] }
#  local: { command: [llama-server, -m, models/small.gguf, --port, "{port}"], models: [small] }   # started and stopped

# Answers models that no provider lists and no family of names tells.
#default_provider: openai

# Other names for models.
#aliases: { fast: openai/gpt-5.5-mini }

# Who tells how alike two questions are, and where they are kept: for policies with \`cache.semantic\`.
#embedding: { use: auto }             # auto | static | encoder | transformers | remote
#vectors: { use: embedded }           # or { use: qdrant, url: "http://127.0.0.1:6333" }

# Puts the passages of documents in order before they are read, where a server of Text Embeddings Inference is at hand.
#knowledge: { rerank: { dialect: tei, base_url: "http://127.0.0.1:8080", timeout: 500ms } }

# USD per million tokens, where the price is not the vendor's.
#prices: { overrides: { gpu/qwen3-4b: { input: 0.02, output: 0.08 } } }
#budgets: [{ per: month, limit: 100 usd, at: { 80%: notify, 100%: block } }]
`
}

/** Plain where YAML reads it as the same text. */
function yamlText(path: string): string {
  return /^[./][\w./-]*$/.test(path) ? path : JSON.stringify(path)
}
