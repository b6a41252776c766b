import type { Installation, Note, World } from '#core/ports/world';
import { type FakeArtifactStore, fakeArtifactStore } from './fakes/fake-artifact-store.ts';
import { type FakeAttemptStore, fakeAttemptStore } from './fakes/fake-attempt-store.ts';
import { type FakeAttemptTokens, fakeAttemptTokens } from './fakes/fake-attempt-tokens.ts';
import { fakeBudgets } from './fakes/fake-budgets.ts';
import { type FakeClock, fakeClock } from './fakes/fake-clock.ts';
import { type FakeCodeHost, fakeCodeHost } from './fakes/fake-code-host.ts';
import { type FakeConnections, fakeConnections } from './fakes/fake-connections.ts';
import { type FakeEventLog, fakeEventLog } from './fakes/fake-event-log.ts';
import { type FakeExecutions, fakeExecutions } from './fakes/fake-executions.ts';
import { type FakeJobQueue, fakeJobQueue } from './fakes/fake-job-queue.ts';
import { type FakeJobStore, fakeJobStore } from './fakes/fake-job-store.ts';
import { type FakeLive, fakeLive } from './fakes/fake-live.ts';
import { fakeMeter } from './fakes/fake-meter.ts';
import { fakePermits } from './fakes/fake-permits.ts';
import { type FakeSandboxStore, fakeSandboxStore } from './fakes/fake-sandbox-store.ts';
import { type FakeSandboxes, fakeSandboxes } from './fakes/fake-sandboxes.ts';
import { fakeSessionStore } from './fakes/fake-session-store.ts';
import { type FakeTaskTokens, fakeTaskTokens } from './fakes/fake-task-tokens.ts';
import { fakeTickets } from './fakes/fake-tickets.ts';
import { type Faults, faultPlan } from './fakes/faults.ts';

/** All ports in memory, each with the controls that tests need. */
export interface FakeWorld extends World {
  /** Stands still until `advance(ms)` or `advanceSeconds(s)`. */
  clock: FakeClock;
  installation: Installation;
  /** What was noted. */
  notes: Array<{ message: string; fields: Record<string, unknown> }>;
  jobs: FakeJobStore;
  attempts: FakeAttemptStore;
  sandboxRows: FakeSandboxStore;
  log: FakeEventLog;
  /** `queue.sent` */
  queue: FakeJobQueue;
  /** `sandboxes.all`, `.alive()`, `.find(id)`, `.leave(id, path, body)`, `.onRun` */
  sandboxes: FakeSandboxes;
  /** `artifacts.text(key)`, `.upload(key, body)` */
  artifacts: FakeArtifactStore;
  /** `executions.started`, `.end(name, status)` */
  executions: FakeExecutions;
  /** `taskTokens.answers`, `.beats`, `.settle(token)` */
  taskTokens: FakeTaskTokens;
  attemptTokens: FakeAttemptTokens;
  /** `live.pushed` */
  live: FakeLive;
  /** `connections.posted`, `.drop(id)` */
  connections: FakeConnections;
  /** `codeHost.refs`, `.unreachable` */
  codeHost: FakeCodeHost;
  /** `faults.before('sandboxes.create', new ProviderBusy('no slot'))`, `.after`, `.answer`, `.meanwhile`, `.calls` */
  faults: Faults;
}

export type FakeWorldOverrides = Partial<Omit<World, 'installation' | 'clock'>> & {
  installation?: Partial<Installation>;
  clock?: FakeClock;
};

const installation: Installation = {
  install_id: 'test-install',
  default_model: 'replay/demo',
  permit_limits: { user: 4, tenant: 8, install: 16 },
  tenant_daily_usd: 100,
  callbacks_url: 'https://callbacks.test',
  gateway_url: 'https://gateway.test',
  setup_hosts: ['pypi.org', 'files.pythonhosted.org', 'registry.npmjs.org'],
  artifacts_host: 'artifacts.test',
};

/** A fresh world for one test. Ports given in `overrides` replace the fakes, faults reach them too. */
export function fakeWorld(overrides: FakeWorldOverrides = {}): FakeWorld {
  const { installation: settings, clock = fakeClock(), ...replaced } = overrides;
  const notes: FakeWorld['notes'] = [];
  const note: Note = (message, fields = {}) => void notes.push({ message, fields });
  const attempts = fakeAttemptStore(clock);
  const sandboxes = fakeSandboxes(clock);
  const ports = {
    jobs: fakeJobStore(clock),
    attempts,
    sandboxRows: fakeSandboxStore(),
    log: fakeEventLog(),
    permits: fakePermits(),
    queue: fakeJobQueue(),
    sandboxes,
    sandboxLease: sandboxes.lease,
    artifacts: fakeArtifactStore(),
    executions: fakeExecutions(),
    taskTokens: fakeTaskTokens(),
    attemptTokens: fakeAttemptTokens(clock),
    live: fakeLive(),
    connections: fakeConnections(clock),
    tickets: fakeTickets(clock),
    sessions: fakeSessionStore(),
    codeHost: fakeCodeHost(),
    budgets: fakeBudgets(),
    meter: fakeMeter(attempts),
    ...replaced,
  };
  const { wrap, ...faults } = faultPlan();
  const wrapped = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, wrap(name, port)]));
  return {
    note,
    ...(wrapped as Omit<FakeWorld, 'clock' | 'installation' | 'note' | 'notes' | 'faults'>),
    clock,
    installation: { ...installation, ...settings },
    notes,
    faults,
  };
}
