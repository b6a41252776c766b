import { describe, expect, it } from 'vitest';
import { limitEnvironments } from '#local/lambda/environment-limit';

/** A template with one function of these variables. */
function functionWith(Variables: Record<string, string>) {
  const type = 'AWS::Lambda::Function';
  const one = { logicalId: 'Api', type, name: 'patchbay-Api', arn: '', properties: { Environment: { Variables } } };
  return { byType: () => [one] };
}

describe('the environment of a function', () => {
  // {"A":"…"} is eight bytes around the value.
  it('may have 4 KB', () => {
    expect(() => limitEnvironments(functionWith({ A: 'a'.repeat(4_088) }))).not.toThrow();
    expect(() => limitEnvironments(functionWith({ A: 'a'.repeat(4_089) }))).toThrow(
      'takes 4096 bytes of environment variables, as JSON: Api has 4097 bytes, 4091 of them A',
    );
  });

  it('counts what a value is as JSON: quotes within it twice, letters by their bytes', () => {
    expect(() => limitEnvironments(functionWith({ A: '"'.repeat(2_045) }))).toThrow('Api has 4098 bytes');
    expect(() => limitEnvironments(functionWith({ A: 'é'.repeat(2_045) }))).toThrow('Api has 4098 bytes');
  });

  it('names the largest variable, which is the one to shorten', () => {
    const variables = { TABLE: 'core', MODEL_PROVIDERS: 'x'.repeat(5_000), REGION: 'eu-central-1' };
    expect(() => limitEnvironments(functionWith(variables))).toThrow('5002 of them MODEL_PROVIDERS');
  });
});
