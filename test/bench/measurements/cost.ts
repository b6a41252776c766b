import { join } from 'node:path';
import { createLedger, type Ledger } from '#local/watch/ledger';
import { stateDir } from '../../../bin/laptop.ts';
import { synth } from '../../../bin/synth.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { runScript } from '../run-command.ts';

/** Four state transitions ($0.00010), one POST, one SQS cycle, three tiny Lambdas, three callbacks, 10 WRU, 3 PUTs, 3 pushes. */
const floorUsd = 0.00014;
/** The longer job that is derived. */
const longer = {
  seconds: 900,
  beatSeconds: 30,
  calls: 60,
  callSeconds: 8,
  gatewayGb: 0.25,
  usdPerGbSecond: 13.3334e-6,
};

export const cost: Measurement = {
  name: 'cost',
  title: 'What one job costs on AWS',
  method: `The calls that the demo’s job made, counted by the local stack, at list prices (us-east-1, no free tier); sandbox and model come on top. Run time of functions is this machine’s: cold functions on a loaded laptop are slower than on AWS, so the figure is an upper one. The floor is what no solution of this shape gets under: four state transitions, one POST, one SQS cycle, three tiny functions, three callbacks, ten writes, three PUTs, three pushes, without model calls.

The job of 15 minutes and ${longer.calls} model calls is **derived**, not counted: the demo’s job + (${longer.calls} − its model calls) × (a gateway call without run time + a callback) + ${longer.seconds} s ÷ ${longer.beatSeconds} s × a callback − its gateway’s run time + ${longer.calls} × ${longer.callSeconds} s × ${longer.gatewayGb} GB × $${longer.usdPerGbSecond.toExponential(4)} per GB-second. "A callback" is the demo’s cost of the callbacks function by its invocations.`,
  async run() {
    synth();
    const began = Date.now();
    const ran = await runScript('demo');
    const ledger = createLedger({ stateDir: join(stateDir, 'stacks/demo/ledger') });
    try {
      return readings(ledger, began + Math.floor(ran.firstMs('sample repository at')));
    } finally {
      ledger.close();
    }
  },
};

/** Of everything counted since then. */
function readings(ledger: Ledger, since: number): Reading[] {
  const { totalUsd, unpriced } = ledger.bill({ since });
  if (unpriced.length > 0) throw new Error(`there is no price for ${unpriced.join(', ')}`);
  return [
    { label: 'the demo’s job, counted', unit: '$', value: totalUsd, baseline: { label: 'floor', value: floorUsd } },
    { label: '15 minutes and 60 model calls, derived', unit: '$', value: longerUsd(ledger, since, totalUsd) },
    ...callCounts(ledger, since),
  ];
}

function longerUsd(ledger: Ledger, since: number, totalUsd: number): number {
  const gateway = partOf(ledger, since, 'ModelGateway');
  const callbacks = partOf(ledger, since, 'Callbacks');
  const gatewayCall = (gateway.usd - gateway.runTimeUsd) / gateway.invocations;
  const callback = callbacks.usd / callbacks.invocations;
  return (
    totalUsd -
    gateway.runTimeUsd +
    (longer.calls - gateway.invocations) * (gatewayCall + callback) +
    (longer.seconds / longer.beatSeconds) * callback +
    longer.calls * longer.callSeconds * longer.gatewayGb * longer.usdPerGbSecond
  );
}

function partOf(ledger: Ledger, since: number, name: string) {
  const entries = ledger.since(since).filter(({ by }) => by.includes(name));
  const units = (item: string) =>
    entries.filter((entry) => entry.item === item).reduce((sum, one) => sum + one.units, 0);
  return {
    usd: ledger.bill({ since, by: [...new Set(entries.map(({ by }) => by))] }).totalUsd,
    invocations: units('lambda:Request'),
    runTimeUsd: units('lambda:GB-Second') * longer.usdPerGbSecond,
  };
}

/** A row a service; what is not a call (sizes, times, second counts of the same call) has none. */
const calls: ReadonlyArray<{ label: string; isIt(item: string): boolean }> = [
  { label: 'DynamoDB calls', isIt: (item) => item.startsWith('dynamodb:') && item !== 'dynamodb:IndexWrite' },
  { label: 'S3 calls', isIt: (item) => item.startsWith('s3:') },
  { label: 'SQS calls', isIt: (item) => item.startsWith('sqs:') },
  { label: 'Secrets Manager calls', isIt: (item) => item.startsWith('secretsmanager:') },
  { label: 'function invocations', isIt: (item) => item === 'lambda:Request' },
  { label: 'HTTP API requests', isIt: (item) => item === 'apigateway:Request' },
  { label: 'socket messages', isIt: (item) => item === 'apigateway:Message' },
];

function callCounts(ledger: Ledger, since: number): Reading[] {
  const counted = ledger.since(since);
  const rows = calls.map(({ label, isIt }): Reading => {
    return { label, unit: 'calls', value: counted.filter(({ item }) => isIt(item)).length };
  });
  const transitions = counted.filter(({ item }) => item === 'states:StateTransition');
  const value = transitions.reduce((sum, { units }) => sum + units, 0);
  return [...rows, { label: 'state transitions', unit: 'calls', value }];
}
