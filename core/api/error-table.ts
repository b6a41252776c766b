import { type ErrorCode, errorCodes, failureCodes } from '#core/errors';

/** Every error and every reason of a failure as one Markdown page, from the table that the code uses. */
export function errorTable(): string {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const isEnd = (code: ErrorCode) => failureCodes.some((end) => end === code && errorCodes[code].status === 200);
  const answers = codes.filter((code) => !isEnd(code));
  const ends = codes.filter(isEnd);
  return [
    '# Errors',
    '',
    'Made by `npm run api:docs` from `core/errors.ts`.',
    '',
    '## Answers of the API',
    '',
    'The body is `{code, message, detail, remedy?, retryable, request_id, fields?}`; `detail` repeats `message`.',
    'Where there are `fields`, these two only name them, and each of them says what is wrong with it.',
    '',
    'API Gateway answers some requests itself, with `{message}` and no `code`: 401 without a valid token, 404 for a path or method that',
    'is not there, 413 over 10 MB, 429 over the rate of the whole API, 500 and 503 when a function does not answer. Go by the status then.',
    '',
    '| status | code | retry? | what to do |',
    '|---|---|---|---|',
    ...answers.map(
      (code) => `| ${errorCodes[code].status} | \`${code}\` | ${retry(code)} | ${errorCodes[code].remedy} |`,
    ),
    '',
    '## Why a job or attempt failed',
    '',
    'In `failure {code, message, remedy, retryable}` of the job and of each attempt; `internal` may stand there too.',
    '',
    '| code | retry? | what to do |',
    '|---|---|---|',
    ...ends.map((code) => `| \`${code}\` | ${retry(code)} | ${errorCodes[code].remedy} |`),
    '',
  ].join('\n');
}

function retry(code: ErrorCode): string {
  return errorCodes[code].retryable ? 'yes' : 'no';
}
