/** Rows go in and out by value, as over a wire: what a caller does to its copy stays with the caller. */
export const clone = <T>(value: T): T => structuredClone(value);

/** `changes` on a copy of `row`: `null` removes, `undefined` leaves. */
export function applied<Row extends object>(row: Row, changes: object): Row {
  const next = { ...clone(row) } as Record<string, unknown>;
  for (const [name, value] of Object.entries(clone(changes))) {
    if (value === null) delete next[name];
    else if (value !== undefined) next[name] = value;
  }
  return next as Row;
}
