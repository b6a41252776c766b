/**
 * A cause as a log may have it: name, message and code alone. The AI SDK's errors carry the whole request and answer, what
 * people wrote and their code, and the logger prints every field of an error.
 */
export function bareError(error: unknown): Error {
  const { name, message, code, cause } = (error ?? {}) as Partial<NodeJS.ErrnoException> & { cause?: unknown };
  const bare = new Error(
    // Parsers quote what they could not read.
    String(message ?? error).slice(0, 200),
    cause === undefined ? undefined : { cause: bareError(cause) },
  );
  return Object.assign(bare, { ...(name !== undefined && { name }), ...(code !== undefined && { code }) });
}
