import { Cancelled } from '#core/errors';
import { type AttemptEvidence, candidatesOf } from '#core/job/candidate';
import type { Attempt, Job } from '#core/job/job';
import { rankCandidates } from '#core/job/ranking';
import { testNotes } from '#core/job/test-notes';
import type { Candidate, Verdict } from '#core/job/verdict';
import type { World } from '#core/ports/world';
import { CrossTests, Evidence } from '#core/workflow/runner';
import type { JudgeInput, JudgeResult } from '#core/workflow/steps';
import { appendAndPush } from './record-transitions.ts';
import { parsedJson } from './sandbox-output.ts';
import { isOfDispatch } from './step-rows.ts';
import { readArtifact, storeArtifacts, withArtifacts } from './store-artifacts.ts';

type Ports = Pick<World, 'clock' | 'jobs' | 'attempts' | 'artifacts' | 'log' | 'live'>;

/**
 * Ranks the attempts of a round by the evidence in storage. No model has a say, and the same evidence gives the same
 * verdict: a repeated step writes what stands there already.
 *
 * 1. The job at work, else Cancelled. No attempt got a sandbox, those apart that a person cancelled → nothing to rank:
 *    Finish sends the job back to the line, or ends it as cancelled.
 * 2. Patches and evidence of all attempts, cross tests of the judge's sandbox.
 * 3. Gates, scores, order; notes on what was left out.
 * 4. verdict.json, the row, the log.
 */
export async function judge(world: Ports, input: JudgeInput): Promise<JudgeResult> {
  const job = await world.jobs.get(input.tenant, input.job_id);
  if (!isOfDispatch(job, input)) throw new Cancelled(`${input.job_id} is not at work any more`);
  const attempts = (await world.attempts.list(job.tenant, job.id)).filter(({ round }) => round === job.round);
  if (attempts.every(({ status }) => status === 'waiting' || status === 'cancelled')) return { winner: null };
  const evidence = await Promise.all(attempts.map((attempt) => evidenceOf(world, job, attempt)));
  const cross = input.cross_tests === 'run' ? await crossTests(world, job) : undefined;
  const candidates = candidatesOf(evidence, cross);
  const ran = input.cross_tests === 'run' && cross === undefined ? 'skipped' : input.cross_tests;
  const ranked = rankCandidates(candidates);
  const verdict: Verdict = {
    round: job.round,
    ...ranked,
    cross_tests: ran,
    notes: [...notesOf(candidates, evidence, ran, cross), ...notesOnTests(ranked.ranking, evidence)],
  };
  await keep(world, job, verdict, input.dispatch);
  return { winner: verdict.winner };
}

async function evidenceOf(world: Ports, job: Job, attempt: Attempt): Promise<AttemptEvidence> {
  const place = { round: job.round, attempt: attempt.n };
  const has = (file: string) => attempt.artifacts.some(({ name }) => name.endsWith(`/${file}`));
  const patch = has('diff.patch') ? await readArtifact(world, job, place, 'diff.patch') : undefined;
  const evidence = has('evidence.json') ? await readArtifact(world, job, place, 'evidence.json') : undefined;
  return {
    attempt,
    patch: patch === undefined ? undefined : new TextDecoder().decode(patch),
    evidence: parsedJson(Evidence, evidence),
  };
}

async function crossTests(world: Ports, job: Job): Promise<CrossTests | undefined> {
  return parsedJson(CrossTests, await readArtifact(world, job, { round: job.round, attempt: 'job' }, 'cross.json'));
}

function notesOf(
  candidates: readonly Candidate[],
  evidence: readonly AttemptEvidence[],
  ran: Verdict['cross_tests'],
  cross: CrossTests | undefined,
): string[] {
  const notes: string[] = [];
  for (const { attempt, gate, verified } of candidates) {
    if (gate === null && !verified) notes.push(`The patch of attempt ${attempt} was not verified in a fresh sandbox.`);
  }
  const baselines = evidence.map((one) => one.evidence?.tests?.before ?? null).filter((before) => before !== null);
  if (baselines.length > 0 && baselines.every((before) => before === 'inert')) {
    notes.push('The project’s tests do not run here, so regressions are not known.');
  } else if (baselines.length === 0 && candidates.some(({ verified }) => verified)) {
    notes.push('No test of the project was run, so regressions are not known.');
  }
  if (ran === 'skipped') notes.push('The reproduction tests of the attempts were not run against each other.');
  if (cross !== undefined && !cross.complete) notes.push('Not all reproduction tests could be run.');
  return notes;
}

/** Of every diff that may be approved, the best first. */
function notesOnTests(ranking: readonly Candidate[], evidence: readonly AttemptEvidence[]): string[] {
  return ranking
    .filter(({ gate }) => gate === null)
    .flatMap((candidate) => {
      const found = evidence.find(({ attempt }) => attempt.n === candidate.attempt);
      const changed = found?.attempt.diff?.tests;
      return testNotes({ candidate, changed }, found?.evidence?.tests?.removed ?? []);
    });
}

async function keep(world: Ports, job: Job, verdict: Verdict, dispatch: number): Promise<void> {
  const body = new TextEncoder().encode(`${JSON.stringify(verdict, null, 2)}\n`);
  const stored = await storeArtifacts(world, job, { round: job.round, attempt: 'job' }, [
    { name: 'verdict.json', body },
  ]);
  // Cancelled meanwhile: LostRace ends this step, and the clean-up lists what is stored.
  await world.jobs.change(job, { verdict, artifacts: withArtifacts(job.artifacts, stored) });
  const { winner, decided_by, reason } = verdict;
  const data = { winner, decided_by, reason, round: job.round };
  const src = `verdict@${dispatch}`;
  await appendAndPush(world, job, [{ src, src_seq: 1, type: 'verdict', at: world.clock.at(), data }]);
}
