import { derivedId } from '#core/ids';
import type { Job } from '#core/job/job';
import { SolveOptions } from '#core/job/options';
import type { Message } from '#core/job/session';
import type { World } from '#core/ports/world';
import { type Caller, ownSession } from './ownership.ts';
import { issueNamed, parseSolveCommand } from './parse-solve-command.ts';
import { requestSolve } from './request-solve.ts';
import { sameUnderKey } from './same-under-key.ts';

type Ports = Pick<World, 'sessions' | 'clock'> & Parameters<typeof requestSolve>[0];

/**
 * Adds a line to the chat; `/solve <issue> [xN]` in it starts a job first, so that a refused one leaves no line that
 * looks as if it had been heard. Under the same idempotency key line and job are the same.
 *
 * @throws PatchbayError not_found, conflict for another text under the key, and what `requestSolve` throws
 */
export async function say(
  world: Ports,
  input: { caller: Caller; session_id: string; text: string; key?: string | undefined },
): Promise<{ message: Message; job?: Job }> {
  const session = await ownSession(world, input.caller, input.session_id);
  const id =
    input.key === undefined ? world.clock.randomId('m') : await derivedId('m', session.tenant, session.id, input.key);
  const earlier = input.key === undefined ? undefined : await findMessage(world, session, id);
  // First: another text under the key must not start its job.
  if (earlier !== undefined) sameUnderKey(earlier, { text: input.text }, `message ${id}`);
  const job = await jobOf(world, input);
  const message: Message = {
    id,
    session_id: session.id,
    role: 'user',
    text: input.text,
    ...(job && { job_id: job.id }),
    created_at: world.clock.at(),
  };
  if (earlier === undefined) await world.sessions.addMessage(session.tenant, message);
  return { message: earlier ?? message, ...(job && { job }) };
}

async function jobOf(
  world: Ports,
  { caller, session_id, text, key }: { caller: Caller; session_id: string; text: string; key?: string | undefined },
): Promise<Job | undefined> {
  const command = parseSolveCommand(text);
  if (command === undefined) return undefined;
  const issue = issueNamed(await world.sessions.issues(caller.tenant, session_id, 1_000), command.issue);
  const options = SolveOptions.parse({ attempts: command.attempts });
  const { job } = await requestSolve(world, { caller, session_id, issue_id: issue.id, options, key });
  return job;
}

/** A repeated request: its line is there already, with its first time. */
async function findMessage(world: Ports, session: { tenant: string; id: string }, id: string) {
  const messages = await world.sessions.messages(session.tenant, session.id, 200);
  return messages.find((message) => message.id === id);
}
