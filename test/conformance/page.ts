import type { Difference } from './compare.ts';
import { EXPLANATIONS, type Explanation } from './explanations.ts';
import { type Judged, short } from './verdict.ts';

/** docs/conformance.md: how many cases agree, and every difference with its explanation. The same after every run. */
export function conformancePage(cases: number, { explained }: Judged): string {
  const some = casesOf(({ unsteady }) => unsteady === 'whether').length;
  const differ = casesOf(({ unsteady }) => unsteady !== 'whether').length;
  const rows = EXPLANATIONS.flatMap((explanation) => [
    reason(explanation),
    ...(explanation.unsteady
      ? explanation.cases.map((name) => `| ${cell(name)} | ${unsteadily[explanation.unsteady ?? 'where']} | | |`)
      : explained
          .filter((entry) => entry.explanation === explanation)
          .flatMap(({ differences }) => differences.map(row))),
  ]);
  return `# Conformance of the interpreter

<!-- Written by npm run conformance. -->

The local stack interprets state machines itself (\`local/states\`). Its cases, ${cases} small machines written from the Amazon
States Language, the developer guide and runs recorded on AWS, run in \`npm test\`. \`npm run conformance\` runs the same
definitions on MiniStack 1.5.33 (PyPI, MIT), an emulator by other people: **${cases} cases, ${cases - differ - some} the same, ${differ} differ, ${some} in some runs, all explained below**.
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

const unsteadily = { whether: 'in some runs', where: 'fields vary' };

function casesOf(which: (explanation: Explanation) => boolean): string[] {
  return EXPLANATIONS.filter(which).flatMap(({ cases }) => cases);
}

function row({ name, field, expected, found }: Difference): string {
  return `| ${cell(name)} | ${field} | ${code(short(expected))} | ${code(short(found))} |`;
}

function reason({ why, right, source }: Explanation): string {
  return `| **${cell(why)}** Right: ${right}. ${cell(source)} | | | |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return `\`${cell(text).replaceAll('`', "'")}\``;
}
