import type { CodeHost } from '#core/ports/code-host';
import type { World } from '#core/ports/world';
import { type AwsPart, awsWorld, type WorldOf } from '#functions/aws/aws-world';
import { joined } from '#functions/aws/lazily';
import { hostsOf } from '#functions/code-host/code-hosts';
import { e2bWorld } from '#functions/e2b/e2b-world';
import type { WorldFactory } from '#functions/runtime/chain';
import { environment } from '#functions/runtime/environment';

type SandboxPorts = Pick<World, 'sandboxes'> & { codeHost: Pick<CodeHost, 'hosts'> };

/** What the states of the machine work with: the sandbox provider, the tables, and the AWS services that a state names. */
export function stepsWorld<Parts extends object[]>(
  ...parts: { [K in keyof Parts]: AwsPart<Parts[K]> }
): WorldFactory<WorldOf<Parts> & SandboxPorts> {
  return (note) => {
    const env = environment('steps');
    const sandboxes = joined(e2bWorld(env), { codeHost: { hosts: hostsOf } });
    return joined(awsWorld<Parts>(env, note, ...parts), sandboxes);
  };
}
