// The local stack as a process of its own. Standard input carries requests, standard output answers, a JSON object a
// line: `{id, method, params}` → `{id, result}` or `{id, error}`. When standard input ends, the stack ends: it never
// outlives whoever started it.
import { createInterface } from 'node:readline';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { type StackMethod, stackMethods } from './stack-methods.ts';

let stack: Stack | undefined;
let ending: Promise<void> | undefined;

function end(): Promise<void> {
  ending ??= (stack?.stop() ?? Promise.resolve()).then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`the stack did not end cleanly: ${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
  return ending;
}

async function answer(line: string): Promise<void> {
  const { id, method, params } = JSON.parse(line) as { id: number; method: string; params: unknown };
  const reply = (body: Record<string, unknown>) => process.stdout.write(`${JSON.stringify({ id, ...body })}\n`);
  try {
    if (method === 'start') {
      stack = await startStack({ ...(params as StackOptions), log: (text) => process.stderr.write(`${text}\n`) });
      return void reply({ result: { apiUrl: stack.apiUrl, socketUrl: stack.socketUrl, jailed: stack.e2b.jailed } });
    }
    if (!stack) throw new Error('The stack has not been started');
    const run = stackMethods[method as StackMethod];
    if (!run) throw new Error(`No method "${method}"`);
    reply({ result: await run(stack, params as never) });
  } catch (error) {
    reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line));
lines.on('close', () => void end());
