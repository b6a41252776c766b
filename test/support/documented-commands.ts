import { globSync, readFileSync } from 'node:fs';

export interface DocumentedCommand {
  file: string;
  /** One logical line, without its comment. */
  text: string;
  /** In a block that is meant to be copied; else in a sentence or a table. */
  fenced: boolean;
}

/** Every page that people read, without what is generated. */
export const pages: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'local/e2b/README.md'],
  ...globSync('docs/**/*.md').toSorted(),
];

const block = /^[ \t]*```(\w*)\n([\s\S]*?)^[ \t]*```/gm;
/** Blocks of no language are diagrams mostly: there, only lines that begin like a command are one. */
const beginning = /^(?:[A-Z0-9_]+=\S+ )*(?:npm|npx|node|curl|aws|git) /;
const sentence = /`((?:npm (?:run (?:--silent )?[\w:]+|start|test)|npx |node |curl |aws )[^`]*)`/g;
const setting = /^(?:export )?(?:[A-Z0-9_]+=\S+ ?)+$/;

export function commandsOf(file: string, text = readFileSync(file, 'utf8')): DocumentedCommand[] {
  const fenced = [...text.matchAll(block)].flatMap(([, language = '', body = '']) => {
    if (!['', 'bash', 'sh'].includes(language)) return [];
    const lines = body
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map(withoutComment);
    return lines.filter((line) => line !== '' && !setting.test(line) && (language !== '' || beginning.test(line)));
  });
  const inline = [...text.replace(block, '').matchAll(sentence)].map(([, command = '']) =>
    command.replace(/\s+/g, ' '),
  );
  return [
    ...fenced.map((command) => ({ file, text: command, fenced: true })),
    ...inline.map((command) => ({ file, text: command.trim(), fenced: false })),
  ];
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s{2,})#.*$/, '').trim();
}

/** Pages whose blocks `test/long/documentation.test.ts` runs, line by line, as they stand. */
export const runPages: readonly string[] = [
  'README.md',
  'docs/own-model.md',
  'docs/own-repository.md',
  'docs/command-line.md',
  'docs/api/README.md',
];

/** Beginning of a command → the test that runs it, and what in that test does. */
export const ranBy: ReadonlyArray<readonly [start: string, test: string, entry: string]> = [
  ['npm run demo', 'test/long/documentation.test.ts', "'npm run demo'"],
  ['npm start', 'test/long/documentation.test.ts', "'npm start'"],
  ['npm run token', 'test/long/documentation.test.ts', 'npm run --silent token'],
  ['npm run solve -- plan', 'test/unit/cli/commands.test.ts', "run('plan last')"],
  ['npm run solve -- logs', 'test/unit/cli/commands.test.ts', "run('logs last')"],
  ['npm run solve -- cancel', 'test/unit/cli/commands.test.ts', "run('cancel last')"],
  ['npm run solve -- approve', 'test/unit/cli/commands.test.ts', "run('approve last')"],
  ['npm run solve -- reject', 'test/unit/cli/commands.test.ts', "run('reject last"],
  ['npm run solve -- retry', 'test/unit/cli/commands.test.ts', "run('retry last')"],
  ['npm run solve -- watch', 'test/unit/cli/commands.test.ts', "run('watch last')"],
  ['npm run bill -- last', 'test/long/cli.test.ts', "'bill'"],
  ['npm run models -- check --here', 'test/unit/cli/check-models.test.ts', "run('check --here'"],
  ['npm run e2b', 'test/local/e2b/process-end.test.ts', 'local/e2b/main.ts'],
  ['E2B_API_URL=… E2B_SANDBOX_URL=… E2B_API_KEY=… node', 'test/local/e2b/process-end.test.ts', 'env.E2B_API_URL'],
  ['npm run api:docs', 'test/unit/core/api-docs.test.ts', 'openApi(packageJson.version)'],
  ['npm run lock', 'test/infra/lock-file.test.ts', 'missingOptionals'],
];

/** Beginning of a command → why no test runs it. */
export const notRun: ReadonlyArray<readonly [start: string, why: string]> = [
  ['npm test', 'it is what runs the tests'],
  ['npm run check', 'it is what runs the tests'],
  ['npm run test:all', 'it is what runs the tests'],
  ['npm run test:faults', 'half an hour, started by hand'],
  ['npm run bench', 'an hour on a quiet machine, started by hand'],
  [
    'npm run conformance',
    'installs MiniStack from PyPI; its comparison is tested in test/local/states/conformance.test.ts',
  ],
  ['npm run template:build', 'needs an e2b key'],
  ['npm run cdk', 'needs an AWS account'],
  ['aws ', 'needs an AWS account'],
  [
    'npm run solve -- --issue https://github.com/',
    'asks github.com; a stand-in answers in test/unit/cli/issue-text.test.ts',
  ],
];

/** Blocks of these pages make, read or change a deployed stack. */
export const cloudPages: readonly string[] = ['docs/runbook.md', 'docs/deploy.md'];

/** The way that a command is written in the tables above. */
export function plain(command: string): string {
  return command.replace('npm run --silent ', 'npm run ');
}

export type Coverage = { run: string } | { why: string } | undefined;

/** What becomes of a command; undefined: nobody has said. The longest beginning decides. */
export function coverageOf({ file, text, fenced }: DocumentedCommand): Coverage {
  const command = plain(text);
  const starts = [
    ...ranBy.map(([start, test]) => [start, { run: test }] as const),
    ...notRun.map(([start, why]) => [start, { why }] as const),
  ].filter(([start]) => command.startsWith(start));
  const [longest] = starts.toSorted(([one], [other]) => other.length - one.length);
  if (longest) return longest[1];
  if (fenced && runPages.includes(file)) return { run: 'test/long/documentation.test.ts' };
  return fenced && cloudPages.includes(file) ? { why: 'needs an AWS account' } : undefined;
}
