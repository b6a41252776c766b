import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { secretsManager } from '#functions/aws/secrets';
import { fakeClock } from '#test/support/fakes/fake-clock';

const sdk = mockClient(SecretsManagerClient);
beforeEach(() => {
  sdk.reset();
});

function aReader() {
  const clock = fakeClock();
  return { clock, secrets: secretsManager({ client: new SecretsManagerClient({}), now: clock.now }) };
}

describe('secrets', () => {
  it('are fetched once in five minutes', async () => {
    sdk.on(GetSecretValueCommand).resolves({ SecretString: 'e2b_key' });
    const { secrets, clock } = aReader();

    await Promise.all([secrets.text('e2b'), secrets.text('e2b')]);
    clock.advance(299_999);
    expect(await secrets.text('e2b')).toBe('e2b_key');
    expect(sdk.calls()).toHaveLength(1);
    clock.advance(2);
    await secrets.text('e2b');

    expect(sdk.calls()).toHaveLength(2);
  });

  it('are asked for again after a failure', async () => {
    sdk.on(GetSecretValueCommand).rejectsOnce(new Error('throttled')).resolves({ SecretString: '{"openai":"sk-1"}' });
    const { secrets } = aReader();

    await expect(secrets.keys('models')).rejects.toThrow('throttled');

    expect(await secrets.keys('models')).toEqual({ openai: 'sk-1' });
  });

  it.each([['{"a": 1}'], ['sk-not-json'], ['["x"]']])('never show up in an error: %s', async (value) => {
    sdk.on(GetSecretValueCommand).resolves({ SecretString: value });
    const { secrets } = aReader();

    const error = await secrets.keys('models').catch((caught: Error) => caught);

    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain('models');
    expect(String(error)).not.toContain(value);
    expect(error).toMatchObject({ code: 'unprocessable', remedy: expect.stringContaining('{"<provider>": "<key>"}') });
  });

  it('that nobody has filled yet say so', async () => {
    const empty = new ResourceNotFoundException({ message: 'no value for staging label', $metadata: {} });
    sdk.on(GetSecretValueCommand).rejects(empty);

    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:E2bKey-a1B2c3';
    await expect(aReader().secrets.text(arn)).rejects.toThrow('The secret E2bKey-a1B2c3 has no value yet');
  });
});
