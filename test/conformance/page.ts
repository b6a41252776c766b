import { type Judged, short } from './verdict.ts';

/** docs/conformance.md: how many cases agree, and every difference with its explanation. */
export function conformancePage(cases: number, { explained }: Judged): string {
  const names = new Set(explained.flatMap(({ differences }) => differences.map(({ name }) => name)));
  const rows = explained.flatMap(({ explanation, differences }) => [
    `| **${cell(explanation.why)}** Right: ${explanation.right}. ${cell(explanation.source)} | | | |`,
    ...differences.map(
      ({ name, field, expected, found }) =>
        `| ${cell(name)} | ${field} | ${code(short(expected))} | ${code(short(found))} |`,
    ),
  ]);
  return `# Conformance of the interpreter

<!-- Written by npm run conformance. -->

The local stack interprets state machines itself (\`local/states\`). Its cases, ${cases} small machines written from the Amazon
States Language, the developer guide and runs recorded on AWS, run in \`npm test\`. \`npm run conformance\` runs the same
definitions on MiniStack 1.5.33 (PyPI, MIT), an emulator by other people: **${cases} cases, ${cases - names.size} the same, ${names.size} differ, all explained below**.
The command fails on a difference that \`test/conformance/explanations.ts\` does not explain, and on an explanation whose
difference is gone. Neither program is AWS: where they differ, what AWS publishes decides.

What the comparison levels out: MiniStack calls every failure of a handler \`Runtime.HandlerError\`, so a case's own error name
becomes that one; causes are compared only inside outputs, and there by error type and message; histories with \`--history\` alone,
since MiniStack leaves out events that are on record for AWS.

| case | field | the interpreter | MiniStack |
|---|---|---|---|
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return `\`${cell(text).replaceAll('`', "'")}\``;
}
