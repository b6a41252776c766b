import type { Measured } from '#core/telemetry';
import type { ArtifactStore } from './artifact-store.ts';
import type { AttemptStore, SandboxStore } from './attempt-store.ts';
import type { AttemptTokens } from './attempt-tokens.ts';
import type { Budgets, Meter } from './budgets.ts';
import type { Clock } from './clock.ts';
import type { CodeHost } from './code-host.ts';
import type { EventLog } from './event-log.ts';
import type { Executions, TaskTokens } from './executions.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobStore } from './job-store.ts';
import type { Connections, Live, Tickets } from './live.ts';
import type { Permits } from './permits.ts';
import type { Sandboxes, SandboxLease } from './sandboxes.ts';
import type { SessionStore } from './session-store.ts';

/** What an installation is set to; from the environment of each function. */
export interface Installation {
  install_id: string;
  default_model: string;
  /** Live sandboxes at most, by scope. */
  permit_limits: { user: number; tenant: number; install: number };
  /** US dollars a tenant may spend a day. */
  tenant_daily_usd: number;
  /** Public base URLs without a trailing slash: what sandboxes call. */
  callbacks_url: string;
  gateway_url: string;
  /** Hosts for set-up beside the code host: package mirrors. */
  setup_hosts: string[];
  /** Host of presigned uploads. */
  artifacts_host: string;
}

export interface NoteFields {
  /** Samples beside the line; their names and units are in `core/telemetry.ts`. */
  metrics?: Measured;
  /** Absent: information. */
  level?: 'warning' | 'error';
  [field: string]: unknown;
}

/** Warnings and facts that are not part of the outcome: a JSON line each. */
export type Note = (message: string, fields?: NoteFields) => void;

/** All ports. A use case names the ones it takes: `Pick<World, 'jobs' | 'clock'>`. */
export interface World {
  clock: Clock;
  installation: Installation;
  note: Note;
  jobs: JobStore;
  attempts: AttemptStore;
  sandboxRows: SandboxStore;
  log: EventLog;
  permits: Permits;
  queue: JobQueue;
  sandboxes: Sandboxes;
  sandboxLease: SandboxLease;
  artifacts: ArtifactStore;
  executions: Executions;
  taskTokens: TaskTokens;
  attemptTokens: AttemptTokens;
  live: Live;
  connections: Connections;
  tickets: Tickets;
  sessions: SessionStore;
  codeHost: CodeHost;
  budgets: Budgets;
  meter: Meter;
}
