import { describe, expect, it, vi } from 'vitest';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { awsWorld } from '#functions/aws/aws-world';
import { joined, lazily } from '#functions/aws/lazily';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';

const note = () => {};

describe('the world on AWS', () => {
  it('is made of nothing until a port is touched', () => {
    const world = joined(awsWorld({}, note), lazily({ sandboxes: () => 'made elsewhere' }));

    expect(world.sandboxes).toBe('made elsewhere');
    expect(world.note).toBe(note);
  });

  it('names the variable that a port lacks', () => {
    const world = awsWorld({ TIME_SCALE: 1 }, note, livePorts, queuePorts);

    expect(() => world.jobs).toThrow('CORE_TABLE');
    expect(() => world.queue).toThrow('QUEUE_URL');
    expect(() => world.live).toThrow('CONNECTIONS_TABLE');
    expect(() => world.installation.callbacks_url).toThrow('CALLBACKS_URL');
    expect(() => awsWorld({}, note).clock).toThrow('TIME_SCALE');
  });

  it('gives what an installation is set to, as far as the function knows it', () => {
    const { installation } = awsWorld(
      { INSTALL_ID: 'i1', PERMITS_USER: 1, PERMITS_TENANT: 2, PERMITS_INSTALL: 3, GATEWAY_URL: 'https://gw.test/' },
      note,
      artifactPorts,
    );

    expect(installation.install_id).toBe('i1');
    expect(installation.permit_limits).toEqual({ user: 1, tenant: 2, install: 3 });
    expect(installation.gateway_url).toBe('https://gw.test');
    expect(() => installation.artifacts_host).toThrow('ARTIFACTS_BUCKET');
  });

  it('names the host that presigned URLs of the bucket have', () => {
    const env = { ARTIFACTS_BUCKET: 'patchbay-artifacts' };
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ENDPOINT_URL', undefined);
    expect(awsWorld(env, note, artifactPorts).installation.artifacts_host).toBe(
      'patchbay-artifacts.s3.eu-central-1.amazonaws.com',
    );

    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:4566');
    expect(awsWorld(env, note, artifactPorts).installation.artifacts_host).toBe('127.0.0.1');
    vi.unstubAllEnvs();
  });

  it('makes each port once', () => {
    const make = vi.fn(() => ({}));
    const world = joined(lazily({ port: make }), {});

    expect(make).not.toHaveBeenCalled();
    expect(world.port).toBe(world.port);
    expect(make).toHaveBeenCalledOnce();
  });
});
