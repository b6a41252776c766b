import type * as z from 'zod';
import { milestoneMessage } from '#core/api/milestone-message';
import type { JobView, MessageView, SessionDetail } from '#core/api/views';
import type { Job } from '#core/job/job';
import { isMilestone } from '#core/job/milestone';
import type { World } from '#core/ports/world';
import { type Caller, ownSession } from './ownership.ts';
import { type SnapshotPorts, snapshot } from './snapshot.ts';

type Ports = SnapshotPorts & Pick<World, 'sessions'>;

/** What a chat shows at once; older jobs and events are a request away. */
const shown = { messages: 200, issues: 100, jobs: 20, events: 500 } as const;

/**
 * A session with its chat: what people said, and the milestones of its jobs' logs as messages, in order of time. Each
 * job's snapshot names the seq from which its events go on.
 */
export async function showSession(
  world: Ports,
  input: { caller: Caller; session_id: string },
): Promise<z.input<typeof SessionDetail>> {
  const session = await ownSession(world, input.caller, input.session_id);
  const [said, issues, page] = await Promise.all([
    world.sessions.messages(session.tenant, session.id, shown.messages),
    world.sessions.issues(session.tenant, session.id, shown.issues),
    world.jobs.list(session.tenant, { session_id: session.id }, shown.jobs),
  ]);
  const jobs = await Promise.all(page.jobs.map((job) => jobWithMilestones(world, job)));
  const lines = [
    ...said.map((message) => ({ at: message.created_at, message })),
    ...jobs.flatMap(({ lines }) => lines),
  ];
  const messages = lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ message }) => message);
  return { ...session, messages, issues, jobs: jobs.map(({ view }) => view) };
}

/** A message and its place in time. */
interface Line {
  at: string;
  message: MessageView;
}

/** The log after the snapshot: every milestone up to the snapshot's seq is then among the messages. */
async function jobWithMilestones(world: Ports, job: Job): Promise<{ view: JobView; lines: Line[] }> {
  const view = await snapshot(world, job);
  // The newest: a long log's steps would else hide how it ended.
  const events = await world.log.read(job.tenant, job.id, Math.max(0, view.seq - shown.events), shown.events);
  let at = '';
  const lines = events.map((event) => {
    // Clocks of sandboxes differ: within a job the log's order wins, so its times never go back.
    at = event.at > at ? event.at : at;
    return { at, event };
  });
  const milestones = lines.filter(({ event }) => isMilestone(event.type));
  return { view, lines: milestones.map((line) => ({ at: line.at, message: milestoneMessage(job, line.event) })) };
}
