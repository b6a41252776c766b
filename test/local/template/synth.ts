import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, type FunctionProps, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { App, Stack } from 'aws-cdk-lib/core';

import type { Addresses } from '#local/parts';

/** A folder that is deleted when the test is over. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'patchbay-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Synthesizes one stack into `<folder>/cdk.out`, as the CDK would for the cloud. @returns that folder */
export function synth(folder: string, build: (stack: Stack) => void): string {
  const outdir = join(folder, 'cdk.out');
  const app = new App({ outdir, analyticsReporting: false });
  build(new Stack(app, 'fixture'));
  app.synth();
  return outdir;
}

/** A function whose handler is ESM text, written to `<folder>/<id>/index.mjs`. */
export function aFunction(
  stack: Stack,
  folder: string,
  id: string,
  source: string,
  props: Partial<FunctionProps> = {},
) {
  const path = join(folder, id);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'index.mjs'), source);
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(path),
    ...props,
  });
}

export function someAddresses(addresses: Partial<Addresses> = {}): Addresses {
  return {
    sdk: 'http://127.0.0.1:4001',
    s3: 'http://127.0.0.1:4002',
    web: 'http://127.0.0.1:4003',
    functionUrls: {},
    ...addresses,
  };
}
