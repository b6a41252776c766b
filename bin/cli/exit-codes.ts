import type { JobStatus } from '#core/job/lifecycle';

interface ExitCode {
  code: number;
  /** As `--help` says it. */
  when: string;
  /** Where a job has come to rest. */
  statuses?: readonly JobStatus[];
}

/** How every command ends: the code and `--help` read this table. */
export const exitCodes = {
  done: {
    code: 0,
    when: 'done; a job awaits review or is completed',
    statuses: ['awaiting_review', 'completed'],
  },
  refused: { code: 1, when: 'a wrong option, no connection, the API refused, or a model does not work' },
  failed: { code: 2, when: 'the job failed', statuses: ['failed'] },
  cancelled: { code: 3, when: 'the job was cancelled', statuses: ['cancelled'] },
  rejected: { code: 4, when: 'the job’s diff was rejected in review', statuses: ['rejected'] },
  doesNotApply: { code: 5, when: 'the diff does not apply here; nothing was changed' },
  interrupted: { code: 130, when: 'left by Ctrl-C; the job may still be at work' },
} as const satisfies Record<string, ExitCode>;

/** Undefined while the job is on its way. A job at rest moves on only when a person does something. */
export function exitCodeOf(status: JobStatus): number | undefined {
  const rows: readonly ExitCode[] = Object.values(exitCodes);
  return rows.find(({ statuses }) => statuses?.includes(status))?.code;
}
