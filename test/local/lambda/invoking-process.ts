// Starts functions and invokes one, to be killed in the middle: `node invoking-process.ts <cdk.out> <state> <event>`.
import { startLambdas } from '#local/lambda/pool';
import { readAssembly } from '#local/template/assembly';
import { someAddresses } from '#test/local/template/synth';

const [cdkOut = '', stateDir = '', event = '{}'] = process.argv.slice(2);
const assembly = readAssembly({ cdkOut, addresses: someAddresses() });
const lambdas = await startLambdas({
  assembly,
  addresses: someAddresses(),
  credentialsFor: () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
  count: () => {},
  log: (_name, line) => process.stdout.write(`${line}\n`),
  stateDir,
});
await lambdas.invoke(assembly.byType('AWS::Lambda::Function')[0]?.arn ?? '', event);
process.stdout.write('answered\n');
setInterval(() => {}, 1000);
