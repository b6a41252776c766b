import type { CheckedModel, CheckRequest } from '../../check-models.ts';
import { askControl } from '../../control-socket.ts';
import { modelSettings, modelVariables } from '../../model-settings.ts';
import { command } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { duration, table, usd } from '../figures.ts';
import { printable } from '../printable.ts';
import { UsageError } from '../usage-error.ts';

const howTo = [
  'To have a model, set one of these before `npm start`, and MODEL=provider/name for the one that jobs use:',
  ...table(modelVariables.map(([variable, provider]) => [`  ${variable}`, provider])),
];

/** With the keys of the running stack, which never leave its process; without one, with those of this terminal. */
export const modelsCheck = command({
  summary: 'Ask each configured provider for one tool call, and say what works and what it cost',
  words: [],
  options: {
    model: { type: 'string', value: 'provider/name', multiple: true, help: 'these alone; else one of each provider' },
    here: { type: 'boolean', help: 'with the keys of this terminal, though a stack is running' },
    'max-seconds': { type: 'string', value: 'N', help: 'to wait for an answer; 120 unless given' },
    json: { type: 'boolean', help: 'one JSON object instead of text' },
  },
  example: 'npm run models -- check --model anthropic/claude-haiku-4-5',
  notes: [
    'Ends with 0 when every provider answered with a tool call, else with 1; also when none is configured.',
    howTo.join('\n'),
  ],
  async run({ shell, values }) {
    const request = { models: values.model ?? [], timeoutMs: secondsOf(values['max-seconds']) * 1_000 };
    const running = values.here ? undefined : await askControl<CheckedModel[]>('checkModels', request);
    const checks = running ?? (await checkedHere(shell.env, request));
    const real = checks.filter(({ replay }) => !replay);
    const works = real.length > 0 && checks.every(({ outcome }) => outcome === 'works');
    if (values.json) shell.out(`${JSON.stringify({ stack: running !== undefined, works, checks })}\n`);
    else shell.out(printable(checkText(checks, running !== undefined)));
    return works ? exitCodes.done.code : exitCodes.refused.code;
  },
});

/** The adapters load the providers' SDKs: no other command waits for that. */
async function checkedHere(env: Record<string, string | undefined>, request: CheckRequest): Promise<CheckedModel[]> {
  const { checkModels } = await import('../../check-models.ts');
  return checkModels(modelSettings(env), request);
}

function secondsOf(text: string | undefined): number {
  const seconds = Number(text ?? 120);
  if (Number.isFinite(seconds) && seconds >= 1 && seconds <= 600) return seconds;
  throw new UsageError('--max-seconds', `"${text}" is not from 1 to 600.`, 'For example: --max-seconds 30.');
}

function checkText(checks: readonly CheckedModel[], stack: boolean): string {
  const rows = checks.map((check) => [`  ${check.model}`, wordOf(check), figuresOf(check), check.detail]);
  return `${[
    `Asked for one tool call each, with the keys of ${stack ? 'the running stack' : 'this terminal (no stack asked)'}:`,
    ...table(rows),
    ...(checks.some(({ replay }) => !replay) ? [] : ['', 'No model is configured here.', ...howTo]),
  ].join('\n')}\n`;
}

function wordOf({ outcome, replay }: CheckedModel): string {
  if (!replay) return outcome;
  return outcome === 'works' ? 'a recording' : `a recording: ${outcome}`;
}

function figuresOf({ ms, tokens, cost_usd, priced, replay }: CheckedModel): string {
  if (replay) return 'no model asked, no cost';
  const cost = priced && cost_usd !== undefined ? usd(cost_usd) : 'unpriced';
  if (tokens) return `${secondsText(ms)}, ${tokens.input} tokens in, ${tokens.output} out, ${cost}`;
  return ms === 0 ? '' : secondsText(ms);
}

function secondsText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms);
}
