/** `1 file`, `2 files`: for sentences that people read. */
export function counted(amount: number, word: string, plural = `${word}s`): string {
  return `${amount} ${amount === 1 ? word : plural}`;
}
