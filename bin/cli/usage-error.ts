/** What was typed cannot be done: which option or word, and what to type instead. */
export class UsageError extends Error {
  override name = 'UsageError';

  /** @param about an option with its dashes, or an argument; empty when it is about the whole command */
  constructor(about: string, message: string, remedy: string) {
    super(`${about === '' ? '' : `${about}: `}${message} ${remedy}`);
  }
}
