import { catalogueOf } from '#core/models';

interface ModelSettings {
  parameters: Record<string, string>;
  secrets: Record<string, string>;
  /** One line for a person. */
  summary: string;
}

/**
 * The laptop's models from what the environment offers: each key makes its provider usable, `MODEL_BASE_URL` adds one
 * called `own` (Ollama, vLLM, any OpenAI-compatible server; `MODEL_API_KEY` if it wants one). Keys go into the model-keys
 * secret of the stack and nowhere else.
 */
export function modelSettings(environment: Record<string, string | undefined>): ModelSettings {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, MODEL_BASE_URL, MODEL_API_KEY, MODEL } = environment;
  const keys = {
    openai: OPENAI_API_KEY,
    anthropic: ANTHROPIC_API_KEY,
    own: MODEL_BASE_URL ? MODEL_API_KEY : undefined,
  };
  const own = MODEL_BASE_URL
    ? [
        {
          name: 'own',
          kind: 'openai-compatible' as const,
          base_url: MODEL_BASE_URL,
          ...(MODEL_API_KEY ? { key: 'own' } : {}),
          models: [],
        },
      ]
    : [];
  const usable = [
    'replay',
    ...(OPENAI_API_KEY ? ['openai'] : []),
    ...(ANTHROPIC_API_KEY ? ['anthropic'] : []),
    ...own.map(({ name }) => name),
  ];
  const providers = [...catalogueOf('').filter(({ name }) => usable.includes(name)), ...own];
  return {
    parameters: { DefaultModel: MODEL ?? 'replay/sample', ModelProviders: JSON.stringify(providers) },
    secrets: { ModelKeys: JSON.stringify(Object.fromEntries(Object.entries(keys).filter(([, key]) => key))) },
    summary: `${usable.join(', ')}; default ${MODEL ?? 'replay/sample (a recording: set MODEL=provider/name)'}`,
  };
}
