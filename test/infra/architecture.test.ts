import { globSync } from 'node:fs';
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

/** folder → what it may import: our folders, and npm packages (none, or by pattern). */
const allowed: Record<string, { folders: string[]; packages: string }> = {
  core: { folders: ['core'], packages: '^zod$' },
  functions: {
    folders: ['core', 'functions'],
    packages:
      '^(zod|@middy/core|@aws-lambda-powertools/.+|@aws-sdk/.+|@smithy/.+|e2b|isomorphic-git|ai|@ai-sdk/.+|@types/aws-lambda|aws-lambda)$',
  },
  lib: { folders: ['core', 'lib'], packages: '^(zod|aws-cdk-lib|constructs|esbuild)$' },
  local: { folders: ['core', 'local'], packages: '.' },
  bin: {
    folders: [
      'core',
      'lib',
      'bin',
      'local/(stack|host-certificates|host-proxy|watch/ledger)',
      'functions/model-gateway/check-model',
      'sandbox-template',
    ],
    packages: '.',
  },
  'sandbox-template': { folders: ['core', 'sandbox-template'], packages: '^e2b$' },
};
const folders = Object.keys(allowed);

const forbidden: NonNullable<IFlattenedRuleSet['forbidden']> = Object.entries(allowed).flatMap(([folder, may]) => [
  {
    name: `${folder}-folders`,
    severity: 'error' as const,
    from: { path: `^(test/fixtures/architecture/)?${folder}/` },
    to: { path: `^(${[...folders, 'test'].join('|')})/`, pathNot: `^(${may.folders.join('|')})` },
  },
  {
    name: `${folder}-packages`,
    severity: 'error' as const,
    from: { path: `^(test/fixtures/architecture/)?${folder}/` },
    to: { path: 'node_modules/', pathNot: packagePaths(may.packages) },
  },
]);

/** `^(a|b)$` of package names as a pattern of resolved paths. */
function packagePaths(pattern: string): string {
  return pattern === '.'
    ? '.'
    : `node_modules/${pattern.replace(/^\^/, '').replace(/\$$/, '').replaceAll('.+', '[^/]+')}/`;
}

async function graph(paths: string[]): Promise<ICruiseResult> {
  const options = {
    validate: true,
    ruleSet: { forbidden },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'test/fixtures/(?!architecture)' },
  };
  const { output } = await cruise(paths, options, { bustTheCache: true }, { tsConfig: { options: {} } });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered text');
  return output;
}

describe('imports', () => {
  it('run one way between the folders, and packages stay where they belong', async () => {
    const { summary, modules } = await graph(folders);

    const seen = new Set(modules.map(({ source }) => source));
    const files = globSync(folders.map((folder) => `${folder}/**/*.ts`));
    expect(files.filter((file) => !seen.has(file))).toEqual([]);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  it('are really checked: a planted violation is found', async () => {
    const { summary } = await graph(['test/fixtures/architecture/core']);

    expect(summary.violations.map(({ rule }) => rule.name)).toEqual(['core-packages']);
  });
});
