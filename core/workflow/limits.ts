/**
 * Every number of time that must agree with another one. They are production seconds; `TIME_SCALE` (1 in production)
 * divides them wherever they turn into a clock: Lambdas, runner, interpreter, leases, e2b server alike.
 * `test/unit/core/limits.test.ts` proves their order. T = wall budget of an attempt, V = budget of Verify and Judge.
 */
export const wall = { default: 1_800, min: 120, max: 3_000 } as const;

/** A runner says that it lives this often; each beat is forwarded to the workflow. */
export const beatSeconds = 30;
/** The workflow gives a sandbox up after this silence. */
export const heartbeatSeconds = 210;
/** A sandbox without any beat dies by itself: short at create, longer once its runner has been started. */
export const sandboxLife = { atCreate: 120, running: 270 } as const;
/** The runner gets this long between TERM and the kill of its sandbox. */
export const termGraceSeconds = 8;
/** The runner checkpoints its diff and log this often, when they have changed. */
export const checkpointSeconds = 60;
/** All tries to get one sandbox from the provider together. */
export const createSeconds = 120;
export const collectSeconds = 180;
/**
 * A step that Lambda throttled never ran: it is called again after `first`, then after twice as long each time, up to
 * `most`, each shortened by full jitter.
 */
export const throttled = { first: 1, most: 16, times: 6 } as const;
/** The machine's own timeout is a constant: the last net under the row's deadline for the largest T. */
export const machineSeconds = 7_200;
/** A job waits for a permit at most this long. */
export const waitingSeconds = 24 * 3_600;
/**
 * A busy provider is asked again for a job after `first`, then after twice as long each time, up to `most`: a day of it
 * must not fill the job's row and log.
 */
export const providerBusy = { first: 30, most: 300 } as const;
/** After the provider refused a sandbox for want of a slot: how long the lower limit holds, and how it grows back. */
export const easeOff = { holdSeconds: 300, growsPerMinute: 2 } as const;
/** A dispatcher's claim on a queued row. */
export const claimSeconds = 60;
/** The sweeper re-sends outbox marks older than this. */
export const outboxSeconds = 30;
/** A cancelled job that has not ended by then is stopped from outside. */
export const cancelSeconds = 30;
/** Slot 0 belongs to the job: its lease outlives the row's deadline by this. */
export const slotZeroMarginSeconds = 300;
export const ticketSeconds = 30;
export const presignSeconds = { upload: 600, download: 60 } as const;

/** The ladder of one sandbox with wall budget `t`, each in seconds from its successful create. */
export function ladder(t: number) {
  return {
    runnerEnds: t,
    watchdog: t + 60,
    runTimeout: t + 180,
    attemptDeadline: t + 420,
    lease: t + 900,
  };
}

/** The wall budget of a Verify or Judge sandbox beside attempts of budget `t`. */
export function verifyWall(t: number): number {
  return Math.min(t, 900);
}

/** How long a job may be running before the sweeper ends it, in seconds since its dispatch. */
export function rowDeadline(t: number): number {
  return t + 2 * verifyWall(t) + 1_800;
}

/** Sizes and counts, with the service limit that each stays under. */
export const caps = {
  attempts: 8,
  /** Step Functions payload limit is 262,144 B; a step returns ids only. */
  stepResultBytes: 8 * 1_024,
  /** Event data: a socket message stays under 4 KB. */
  eventBytes: 4 * 1_024,
  patchBytes: 5 * 1_024 * 1_024,
  logBytes: 5 * 1_024 * 1_024,
  /** Of a log in one answer. */
  logPageBytes: 256 * 1_024,
  trajectoryBytes: 10 * 1_024 * 1_024,
  jsonArtifactBytes: 1_024 * 1_024,
  changesBytes: 20 * 1_024 * 1_024,
  callbackBytes: 256 * 1_024,
  callbackEvents: 50,
  issueTitle: 300,
  issueBody: 64 * 1_024,
  reviewComment: 2_000,
  waitingPerTenant: 50,
} as const;
