/**
 * Placeholders of one DynamoDB request. Every attribute goes through one: half of ours (`status`, `data`, `at`) are
 * reserved words. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
 */
export interface Expression {
  /** The placeholder of an attribute, or of a path into a map. */
  name(...path: string[]): string;
  /** The placeholder of a value. */
  value(value: unknown): string;
}

export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}

export function expression(): Expression & { placeholders(): Placeholders } {
  const names = new Map<string, string>();
  const values: unknown[] = [];
  return {
    name: (...path) =>
      path
        .map((part) => {
          if (!names.has(part)) names.set(part, `#n${names.size}`);
          return names.get(part);
        })
        .join('.'),
    value: (value) => `:v${values.push(value) - 1}`,
    placeholders: () => ({
      ...(names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries([...names].map(([name, placeholder]) => [placeholder, name])),
      }),
      ...(values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(values.map((value, index) => [`:v${index}`, value])),
      }),
    }),
  };
}

/** What an update does, and when. */
export interface UpdateParts {
  /** `a = b` */
  set?: string[];
  /** paths */
  remove?: string[];
  when: string;
}

/** `SET` and `REMOVE` parts of a change of attributes: `null` removes, `undefined` leaves. */
export function changeParts(e: Expression, changes: object): { set: string[]; remove: string[] } {
  const set: string[] = [];
  const remove: string[] = [];
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) remove.push(e.name(name));
    else if (value !== undefined) set.push(`${e.name(name)} = ${e.value(value)}`);
  }
  return { set, remove };
}

export function updateExpression({ set = [], remove = [] }: UpdateParts): string {
  return [set.length > 0 ? `SET ${set.join(', ')}` : '', remove.length > 0 ? `REMOVE ${remove.join(', ')}` : '']
    .filter((part) => part !== '')
    .join(' ');
}
