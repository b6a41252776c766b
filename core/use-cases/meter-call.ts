import { PatchbayError } from '#core/errors';
import type { Price } from '#core/models';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { World } from '#core/ports/world';
import { microUsd } from './job-budget.ts';
import { microCost, mostMicroCost, type Tokens, tokensIn } from './model-cost.ts';

type Ports = Pick<World, 'meter' | 'clock'>;

export interface MeteredCall {
  token: AttemptToken & { gateway: NonNullable<AttemptToken['gateway']> };
  price: Price | undefined;
  promptBytes: number;
  /** Tokens the answer may have at most, as asked for. */
  maxOutput: number;
  /** A call older than this has died with its function: its maximum is charged, and the next may start. */
  staleMs: number;
}

export interface OpenCall {
  id: string;
  /** What the budget left room for. */
  maxOutput: number;
  maxMicroUsd: number;
}

/** An answer shorter than this helps no agent. */
const leastOutput = 512;

/**
 * Reserves the most that a call may cost, before it is made: hard means hard. Near the end of the budget the answer's
 * length is halved until it fits, so that the last cents are of use.
 * @throws PatchbayError budget_exhausted, too_many_requests (another call of this token is in flight)
 */
export async function openCall(world: Ports, call: MeteredCall): Promise<OpenCall> {
  const { token, price, staleMs } = call;
  const id = world.clock.randomId('c');
  const at = world.clock.at();
  const limits = {
    micro_usd: microUsd(token.gateway.cost_usd),
    calls: token.gateway.steps,
    // Of the wall clock: it is how long a function and a provider may take, whatever the scale is.
    staleBefore: new Date(world.clock.now() - staleMs).toISOString(),
  };
  for (let maxOutput = call.maxOutput; ; maxOutput = Math.floor(maxOutput / 2)) {
    const maxMicroUsd = mostMicroCost(price, { input: tokensIn(call.promptBytes), output: maxOutput });
    const opened = await world.meter.open(meterKey(token), { id, at, max_micro_usd: maxMicroUsd }, limits);
    if (opened === 'ok') return { id, maxOutput, maxMicroUsd };
    if (opened === 'cost' && maxOutput / 2 >= leastOutput) continue;
    throw refusal(opened, token);
  }
}

function refusal(opened: 'steps' | 'cost' | 'busy', { gateway }: MeteredCall['token']): PatchbayError {
  if (opened === 'busy') {
    const message = 'Another model call of this attempt is in flight: one at a time.';
    return new PatchbayError('too_many_requests', message, { retryAfter: 2 });
  }
  const cap = opened === 'steps' ? `${gateway.steps} model calls` : `$${gateway.cost_usd}`;
  return new PatchbayError('budget_exhausted', `The attempt’s budget of ${cap} is used up.`);
}

/** What a call cost becomes part of the attempt's sum. `tokens` undefined: the provider never answered, nothing counts. */
export async function settleCall(
  world: Ports,
  call: MeteredCall,
  open: OpenCall,
  tokens: Tokens | undefined,
): Promise<{ micro_usd: number; calls: number; spent_usd: number }> {
  const used = tokens ?? { input: 0, cached: 0, written: 0, output: 0 };
  return await settle(world, call, open, {
    ...used,
    micro_usd: microCost(call.price, used),
    counted: tokens !== undefined,
  });
}

/** Nobody knows whether the provider did the work: its maximum counts. */
export async function writeOffCall(world: Ports, call: MeteredCall, open: OpenCall): Promise<void> {
  const nothing = { input: 0, cached: 0, output: 0 };
  await settle(world, call, open, { ...nothing, micro_usd: open.maxMicroUsd, counted: true });
}

type Used = Parameters<World['meter']['settle']>[2];

async function settle(world: Ports, { token }: MeteredCall, { id }: OpenCall, used: Used) {
  const { micro_usd, input, output, cached, counted } = used;
  const total = await world.meter.settle(meterKey(token), id, { micro_usd, input, output, cached, counted });
  return { micro_usd, calls: total.calls, spent_usd: total.cost_usd };
}

function meterKey({ tenant, job_id, attempt }: AttemptToken) {
  return { tenant, job_id, attempt };
}
