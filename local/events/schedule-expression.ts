/** When a schedule is due: every so many ms, or at minutes that the calendar says (UTC). */
export type Due = { everyMs: number } | { matches: (time: Date) => boolean };

const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * `rate(1 minute)`, and `cron(minutes hours day-of-month month day-of-week year)` with `*`, `?`, lists, ranges, steps and
 * names. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * @throws Error on anything else, `at(…)` and the cron characters L, W and # included
 */
export function parseScheduleExpression(expression: string): Due {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return { everyMs: Number(rate[1]) * (UNITS[rate[2] ?? ''] ?? 0) };
  const cron = /^cron\(([^)]*)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (cron?.length !== 6) throw new Error(`the schedule expression ${expression} is not run here`);
  const fields = cron.map((text, i) => parseField(text, FIELDS[i] as Field, expression));
  const read = (time: Date) => [
    time.getUTCMinutes(),
    time.getUTCHours(),
    time.getUTCDate(),
    time.getUTCMonth() + 1,
    time.getUTCDay() + 1,
    time.getUTCFullYear(),
  ];
  return {
    matches: (time) => {
      const values = read(time);
      return fields.every((allowed, i) => allowed === 'any' || allowed.has(values[i] ?? -1));
    },
  };
}

interface Field {
  from: number;
  to: number;
  names?: string[];
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const FIELDS: Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  { from: 1, to: 7, names: DAYS },
  { from: 1970, to: 2199 },
];

function parseField(text: string, field: Field, expression: string): 'any' | Set<number> {
  if (text === '*' || text === '?') return 'any';
  const values = new Set<number>();
  for (const part of text.toUpperCase().split(',')) {
    const [, start = '', end, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const from = start === '*' ? field.from : numberOf(start, field);
    const to = end === undefined ? (step === undefined && start !== '*' ? from : field.to) : numberOf(end, field);
    if (!(from >= field.from && to <= field.to && from <= to)) {
      throw new Error(`${part} in the schedule expression ${expression} is not run here`);
    }
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

function numberOf(text: string, { from, names }: Field): number {
  const index = names?.indexOf(text) ?? -1;
  if (index >= 0) return index + from;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
