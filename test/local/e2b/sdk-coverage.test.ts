import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, SDKS, type Stack } from './sdk.ts';
import { PRIVATE_CALLS, SDK_CALLS } from './sdk-calls.ts';

const source = (file: string) => readFileSync(new URL(`${file}.test.ts`, import.meta.url), 'utf8');

/** The text of one test, from its title to the next test. */
function blockOf(file: string, title: string): string {
  const [, after = ''] = source(file).split(`'${title}', `);
  return after.split(/\n {2}it\(/)[0] ?? '';
}

/** Names of functions along the chain, without getters, which ask nobody. */
function functionsOf(start: object, ...ends: unknown[]): string[] {
  const names = new Set<string>();
  for (let at: object | null = start; at && !ends.includes(at); at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
  }
  return [...names].sort();
}

describe.each(SDKS)('every public call, by SDK $version', ({ version, sdk }) => {
  let stack: Stack;
  let found: Record<string, string[]>;

  beforeAll(async () => {
    stack = await aServer();
    const sandbox = await sdk.Sandbox.create('base', stack.at);
    const handle = await sandbox.commands.run('sleep 60', { background: true });
    const instance = (value: object) => functionsOf(Object.getPrototypeOf(value), Object.prototype);
    const statics = (value: object) => functionsOf(value, Function.prototype);
    found = {
      'Sandbox (static)': statics(sdk.Sandbox),
      Sandbox: instance(sandbox),
      SandboxPaginator: instance(sdk.Sandbox.list(stack.at)),
      commands: instance(sandbox.commands),
      CommandHandle: instance(handle),
      files: instance(sandbox.files),
      pty: instance(sandbox.pty),
      git: instance(sandbox.git),
      'Secret (static)': statics(sdk.Secret ?? {}),
      'Volume (static)': statics(sdk.Volume ?? {}),
      Volume: functionsOf(sdk.Volume?.prototype ?? {}, Object.prototype),
      'Template (static)': statics(sdk.TemplateBase),
    };
  });
  afterAll(() => stack.stop());

  it('is in the table, and the table has no other', () => {
    for (const [name, calls] of Object.entries(SDK_CALLS)) {
      const hidden = PRIVATE_CALLS[name] ?? [];
      const shown = (found[name] ?? []).filter((call) => !hidden.includes(call));

      expect({ name, unknown: shown.filter((call) => !(call in calls)) }).toEqual({ name, unknown: [] });
      // The older SDK may lack some; the pinned one has all.
      if (version === '2.51.0') expect({ name, calls: shown }).toEqual({ name, calls: Object.keys(calls).sort() });
    }
  });

  it('leaves no class of the SDK out that can ask a server', () => {
    const classes = Object.entries(sdk)
      .filter(([, value]) => typeof value === 'function' && /^class/.test(String(value)) && !isError(value))
      .map(([name]) => name);
    const silent = ['ApiClient', 'ConnectionConfig', 'LogEntry', 'LogEntryEnd', 'LogEntryStart', 'ReadyCmd'];
    const listed = ['Git', 'Sandbox', 'Secret', 'SecretPaginator', 'TemplateBase', 'Volume', 'default', 'E2B'];

    expect(classes).toEqual(expect.arrayContaining(['Sandbox', 'Git', 'Volume']));
    expect(classes.filter((name) => ![...silent, ...listed].includes(name))).toEqual([]);
  });
});

describe('the table of calls', () => {
  const entries = Object.entries(SDK_CALLS).flatMap(([of, calls]) =>
    Object.entries(calls).map(([call, proof]) => ({ of, call, proof })),
  );

  it('names tests that exist and make the call', () => {
    const wrong = entries.filter(({ of, call, proof }) => {
      if (!('file' in proof)) return false;
      const before = of === 'Sandbox (static)' ? '(?:Sandbox|create)' : '';
      return !new RegExp(`${before}\\.${call}\\(`).test(blockOf(proof.file, proof.title));
    });

    expect(wrong).toEqual([]);
  });

  it('covers all of them', () => {
    const of = (kind: string) => entries.filter(({ proof }) => kind in proof).length;
    const refused = entries.filter(({ proof }) => 'file' in proof && proof.file === 'not-here').length;

    const figures = { calls: entries.length, made: of('file'), refused, local: of('local'), behind: of('unreachable') };
    // 61 work, 36 are refused by name; 4 send nothing; 8 belong to an object that only a refused call would give.
    expect(figures).toEqual({ calls: 109, made: 97, refused: 36, local: 4, behind: 8 });
  });
});

function isError(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error;
}
