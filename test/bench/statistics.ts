/** The value that a share `p` (0 to 1) of the values does not exceed (nearest rank). @throws Error for no values */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  if (value === undefined) throw new Error('no values');
  return value;
}

/** The middle value, or the mean of the two middle ones. @throws Error for no values */
export function median(values: readonly number[]): number {
  const upper = percentile(
    values.map((value) => -value),
    0.5,
  );
  return (percentile(values, 0.5) - upper) / 2;
}
