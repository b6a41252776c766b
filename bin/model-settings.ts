import type { ModelProvider } from '#core/job/provider';
import { type Catalogue, catalogueOf, findModel } from '#core/models';

export interface ModelSettings {
  providers: Catalogue;
  /** By the `key` of a provider's row. */
  keys: Record<string, string>;
  /** Of jobs that name none. */
  defaultModel: string;
  parameters: Record<string, string>;
  secrets: Record<string, string>;
  /** One line for a person. */
  summary: string;
}

type Environment = Record<string, string | undefined>;

const recording = 'replay/sample';

/** What makes a provider usable, as `--help` says it: variables → provider. */
export const modelVariables = [
  ['ANTHROPIC_API_KEY=…', 'anthropic'],
  ['OPENAI_API_KEY=…', 'openai'],
  [
    'MODEL_BASE_URL=http://127.0.0.1:11434/v1',
    'own: Ollama, vLLM, any compatible server; MODEL_API_KEY if it wants one',
  ],
  [
    'AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=…',
    'bedrock; also AWS_SESSION_TOKEN, or AWS_BEARER_TOKEN_BEDROCK alone',
  ],
] as const;

/**
 * The laptop's models from what the environment offers: each key makes its provider usable, `MODEL_BASE_URL` adds one
 * called `own`, AWS credentials make Bedrock usable. Keys go into the model-keys secret of the stack and nowhere else.
 * @throws Error naming the variable that cannot be, and what to set
 */
export function modelSettings(environment: Environment): ModelSettings {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, MODEL_BASE_URL, MODEL_API_KEY, MODEL } = environment;
  if (MODEL_BASE_URL && !/^https?:\/\/./.test(MODEL_BASE_URL))
    throw new Error(`MODEL_BASE_URL: "${MODEL_BASE_URL}" is no http address. For example: http://127.0.0.1:11434/v1.`);
  if (MODEL_BASE_URL && /^https?:\/\/[^/]*@/.test(MODEL_BASE_URL))
    throw new Error('MODEL_BASE_URL: no name or password in it; what the server wants as a key is MODEL_API_KEY.');
  const own = MODEL_BASE_URL ? [ownProvider(MODEL_BASE_URL, MODEL_API_KEY)] : [];
  const given = {
    openai: OPENAI_API_KEY,
    anthropic: ANTHROPIC_API_KEY,
    bedrock: bedrockKey(environment),
    own: own[0]?.key && MODEL_API_KEY,
  };
  const keys = Object.fromEntries(Object.entries(given).flatMap(([name, key]) => (key ? [[name, key]] : [])));
  const builtIn = catalogueOf('').filter(({ name }) => name === 'replay' || keys[name] !== undefined);
  // The rows that stay as they are built in go by name: all variables of a function together have 4 KB.
  const only = [...builtIn.map((row) => (row.kind === 'bedrock' ? bedrockAt(row, environment) : row.name)), ...own];
  const ModelProviders = JSON.stringify({ only });
  const providers = catalogueOf(ModelProviders);
  const defaultModel = MODEL || recording;
  if (findModel(providers, defaultModel) === undefined)
    throw new Error(`MODEL: "${defaultModel}" is of no configured provider. ${hintFor(defaultModel, providers)}`);
  return {
    providers,
    keys,
    defaultModel,
    parameters: { DefaultModel: defaultModel, ModelProviders },
    secrets: { ModelKeys: JSON.stringify(keys) },
    summary: `${providers.map(({ name }) => name).join(', ')}; default ${MODEL || `${recording} (a recording: set MODEL=provider/name)`}`,
  };
}

/** The variables of its provider; for a name that is none's, what there is. */
function hintFor(model: string, providers: Catalogue): string {
  const [variables] = modelVariables.find(([, provider]) => provider.split(/[:;]/)[0] === model.split('/')[0]) ?? [];
  if (variables !== undefined && model.includes('/')) return `Set ${variables}.`;
  return `Give provider/name; there are ${providers.map(({ name }) => name).join(', ')}.`;
}

function ownProvider(base_url: string, key: string | undefined): ModelProvider {
  return { name: 'own', kind: 'openai-compatible', base_url, ...(key ? { key: 'own' } : {}), models: [] };
}

/** As the gateway takes it; a Bedrock API key goes before credentials that open more than Bedrock. */
function bedrockKey(environment: Environment): string | undefined {
  const { AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (AWS_BEARER_TOKEN_BEDROCK) return AWS_BEARER_TOKEN_BEDROCK;
  if (!(AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY)) return undefined;
  return [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...(AWS_SESSION_TOKEN ? [AWS_SESSION_TOKEN] : [])].join(':');
}

/** Functions of the local stack believe to be in its own region: the address says where Bedrock is. */
function bedrockAt(row: ModelProvider, { AWS_REGION, AWS_DEFAULT_REGION }: Environment): ModelProvider {
  const region = AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1';
  return { ...row, base_url: `https://bedrock-runtime.${region}.amazonaws.com` };
}
