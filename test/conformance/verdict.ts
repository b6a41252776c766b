import type { Json } from '#local/parts';
import type { Difference } from './compare.ts';
import type { Explanation } from './explanations.ts';

export interface Judged {
  explained: { explanation: Explanation; differences: Difference[] }[];
  unexplained: Difference[];
  /** Cases that an explanation names, and that no longer differ. */
  gone: string[];
}

/** Sorts differences under their explanations. Only cases that `ran` can be gone. */
export function judged(differences: Difference[], explanations: Explanation[], ran: Set<string>): Judged {
  const named = new Set(explanations.flatMap(({ cases }) => cases));
  const steady = new Set(explanations.flatMap(({ cases, unsteady }) => (unsteady === 'whether' ? [] : cases)));
  const differ = new Set(differences.map(({ name }) => name));
  return {
    explained: explanations
      .map((explanation) => ({
        explanation,
        differences: differences.filter(({ name }) => explanation.cases.includes(name)),
      }))
      .filter((entry) => entry.differences.length > 0),
    unexplained: differences.filter(({ name }) => !named.has(name)),
    gone: [...steady].filter((name) => ran.has(name) && !differ.has(name)),
  };
}

/** What the command prints: each explanation with its differences, what is wrong with the table, the sum. */
export function verdict(cases: number, { explained, unexplained, gone }: Judged): string {
  const lines = explained.flatMap(({ explanation, differences }) => [
    `${explanation.right}: ${explanation.why}`,
    `  ${explanation.source}`,
    ...differences.map(line),
  ]);
  if (unexplained.length > 0) lines.push('NOT EXPLAINED', ...unexplained.map(line));
  if (gone.length > 0) lines.push('EXPLAINED, BUT GONE', ...gone.map((name) => `  ${name}`));
  const count = (differences: Difference[]) => new Set(differences.map(({ name }) => name)).size;
  const known = count(explained.flatMap(({ differences }) => differences));
  const open = count(unexplained);
  lines.push(
    `${cases} cases, ${cases - known - open} the same, ${known} explained, ${open} unexplained, ${gone.length} explained but gone`,
  );
  return `${lines.join('\n')}\n`;
}

function line({ name, field, expected, found }: Difference): string {
  return `  - ${name}: ${field} expected ${short(expected)}, found ${short(found)}`;
}

export function short(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
