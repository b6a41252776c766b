import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { assignPorts } from '#local/ports';
import { temporaryFolder } from '#test/local/template/synth';

const names = Array.from({ length: 20 }, (_, index) => `listener${index}`);

it('gives ports that no outgoing connection and no other listener is given before the stack listens', async () => {
  using folder = temporaryFolder();
  const ports = Object.values(await assignPorts(folder.path, names));

  expect(new Set(ports).size).toBe(names.length);
  // Linux's own begin at 32768: net.ipv4.ip_local_port_range.
  expect(ports.filter((port) => port < 1024 || port >= 32_768)).toEqual([]);
});

it('gives the same ports at the next start, and another for one that is taken by then', async () => {
  using folder = temporaryFolder();
  const first = await assignPorts(folder.path, names);
  const intruder = createServer().listen(first.listener3, '127.0.0.1');
  await once(intruder, 'listening');

  const second = await assignPorts(folder.path, names);
  intruder.close();

  expect(second.listener3).not.toBe(first.listener3);
  expect({ ...second, listener3: 0 }).toEqual({ ...first, listener3: 0 });
});
