/** How figures look in the terminal. */

/** Small amounts keep two digits that count: a bill's lines are fractions of a cent. */
export function usd(amount: number): string {
  const digits = amount === 0 || amount >= 1 ? 2 : Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(amount))));
  return `$${amount.toFixed(digits)}`;
}

/** From milliseconds: `41 s`, `3 m 07 s`, `2 h 05 m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} m`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

/** Columns two blanks apart, as wide as their widest cell; the last one as it comes. Numbers stand to the right. */
export function table(rows: ReadonlyArray<readonly (string | number)[]>): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => String(row[column] ?? '').length));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (typeof cell === 'number') return String(cell).padStart(width(column));
        return column === row.length - 1 ? cell : cell.padEnd(width(column));
      })
      .join('  ')
      .trimEnd(),
  );
}
