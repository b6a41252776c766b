/** Questions to the logs of all functions, in the language of Logs Insights: for the dashboard, and saved for the night. */
export const logQueries = {
  /** Everything about one job, in order; put its id in. */
  OneJob: [
    'fields @timestamp, service, level, message, attempt, status, code, reason, error.message',
    "filter job_id = 'PUT THE JOB ID HERE'",
    'sort @timestamp asc',
    'limit 1000',
  ],
  /** What went wrong, newest first. */
  Trouble: [
    'fields @timestamp, service, message, job_id, code, error.message',
    "filter level in ['WARN', 'ERROR']",
    'sort @timestamp desc',
    'limit 200',
  ],
  /** Why attempts and jobs failed. */
  Reasons: [
    "filter message in ['job status', 'attempt status'] and status = 'failed'",
    'stats count(*) as times by message, code',
    'sort times desc',
    'limit 10',
  ],
} as const satisfies Record<string, readonly string[]>;
