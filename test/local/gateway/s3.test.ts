import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aGateway, type TestGateway } from '#test/support/a-gateway';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';

const bucket = arnOf('AWS::S3::Bucket', 'Artifacts');
const Bucket = 'test-artifacts';

const assembly = anAssembly({
  Artifacts: {
    type: 'AWS::S3::Bucket',
    properties: {
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedOrigins: ['https://*.example.com'],
            AllowedMethods: ['GET'],
            AllowedHeaders: ['x-amz-*'],
            MaxAge: 60,
          },
        ],
      },
    },
  },
  ...aRole('Owner', [allow('s3:*', [bucket, `${bucket}/*`])]),
  ...aRole('Reader', [allow('s3:GetObject', `${bucket}/open/*`)]),
  ...aRole('Lister', [allow('s3:ListBucket', bucket, { StringLike: { 's3:prefix': 'open/*' } })]),
});

let gateway: TestGateway;
let s3: S3Client;
const as = (role: string) => new S3Client(gateway.clientAs(arnOf('AWS::IAM::Role', role)).s3);
const text = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

beforeAll(async () => {
  gateway = await aGateway(assembly);
  s3 = as('Owner');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'open/diff.patch', Body: 'a diff' }));
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.counted.length = 0;
});

describe('signed requests', () => {
  it.each(['plain', 'with blank & plus+', 'näme/%41', "it's (a) *star*!"])(
    'keep objects under the key %j',
    async (Key) => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

      expect(await text(Key)).toBe('x');
    },
  );

  it('carry streamed bodies with their checksum trailer', async () => {
    const Body = Readable.from([Buffer.from('one, '), Buffer.from('two')]);

    await s3.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 8 }));

    expect(await text('streamed')).toBe('one, two');
  });

  it.each(['ChecksumSHA256', 'ChecksumSHA1', 'ContentMD5'])(
    'are refused if the body is not that of %s',
    async (name) => {
      const lengths = { ChecksumSHA256: 32, ChecksumSHA1: 20, ContentMD5: 16 };
      const announced = Buffer.alloc(lengths[name as keyof typeof lengths]).toString('base64');
      const put = new PutObjectCommand({ Bucket, Key: 'digested', Body: 'x', [name]: announced });

      await expect(s3.send(put)).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(text('digested')).rejects.toMatchObject({ name: 'NoSuchKey' });
    },
  );

  it('ask for the head, for a part, or for what changed', async () => {
    const Key = 'open/diff.patch';

    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=2-' }));
    const unchanged = s3.send(new GetObjectCommand({ Bucket, Key, IfNoneMatch: head.ETag }));

    expect(head.ContentLength).toBe(6);
    expect(await part.Body?.transformToString()).toBe('diff');
    await expect(unchanged).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });

  it.each(['at once', 'streamed'])('carry large objects %s', async (how) => {
    const content = Buffer.alloc(20 * 1024 * 1024, 'patch');
    const Body =
      how === 'streamed' ? Readable.from([content.subarray(0, 5_000_000), content.subarray(5_000_000)]) : content;
    const put = new PutObjectCommand({
      Bucket,
      Key: how,
      Body,
      ContentLength: content.length,
      ContentType: 'x/y',
      Metadata: { a: 'b' },
    });

    await s3.send(put);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: how }));

    expect(content.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
    expect(got).toMatchObject({ ContentType: 'x/y', Metadata: { a: 'b' } });
  });

  it('copy, list, delete many, and upload in parts', async () => {
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copies/one', CopySource: `${Bucket}/open/diff.patch` }));
    const Key = 'copies/two';
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' }));
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    const list = async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'copies/' }));
      return Contents.map((one) => one.Key);
    };

    const before = await list();
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: before.map((one) => ({ Key: one })) } }));

    expect(before).toEqual(['copies/one', 'copies/two']);
    expect(await list()).toEqual([]);
  });

  it('are counted by price class', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'counted', Body: 'x' }));
    await text('counted');
    await s3.send(new ListObjectsV2Command({ Bucket }));

    expect(gateway.counted.map(({ item }) => item)).toEqual(['s3:Put', 's3:Get', 's3:List']);
  });

  it('are held against the policies, prefix included', async () => {
    const get = (role: string, Key: string) => as(role).send(new GetObjectCommand({ Bucket, Key }));
    const list = (Prefix: string) => as('Lister').send(new ListObjectsV2Command({ Bucket, Prefix }));

    await expect(get('Reader', 'open/diff.patch')).resolves.toBeDefined();
    await expect(get('Reader', 'plain')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(as('Reader').send(new PutObjectCommand({ Bucket, Key: 'open/x', Body: '' }))).rejects.toThrow(
      's3:PutObject',
    );
    await expect(list('open/')).resolves.toMatchObject({ KeyCount: 1 });
    await expect(list('other/')).rejects.toThrow('s3:ListBucket');
  });

  it('tell a missing object only to who may list', async () => {
    const missing = new GetObjectCommand({ Bucket, Key: 'open/missing' });

    await expect(s3.send(missing)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(as('Reader').send(missing)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(as('Reader').send(new HeadObjectCommand(missing.input))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('of operations that are not run are refused by name', async () => {
    const tags = s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'open/diff.patch' }));

    await expect(tags).rejects.toThrow('does not run s3: GET object tagging');
  });

  it('are needed: nobody is anonymous', async () => {
    const bare = await fetch(`${gateway.s3}/${Bucket}/open/diff.patch`);

    expect(bare.status).toBe(403);
  });
});

describe('If-None-Match: *', () => {
  it('lets exactly one of two writers at once win, later ones get 412', async () => {
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key: 'final', Body: 'x', IfNoneMatch: '*' }));

    const outcomes = await Promise.allSettled([put(), put(), put()]);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(put()).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  });
});

describe('presigned URLs', () => {
  const presign = (command: GetObjectCommand | PutObjectCommand, signingDate = new Date()) =>
    getSignedUrl(s3, command, { expiresIn: 60, signingDate });
  const get = new GetObjectCommand({
    Bucket,
    Key: 'open/diff.patch',
    ResponseContentDisposition: 'attachment; filename="a b"',
  });

  it('open an object, with the response headers that were signed', async () => {
    const answer = await fetch(await presign(get));

    expect(await answer.text()).toBe('a diff');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a b"');
  });

  it('take an upload', async () => {
    const url = await presign(new PutObjectCommand({ Bucket, Key: 'uploaded' }));

    const answer = await fetch(url, { method: 'PUT', body: 'by url' });

    expect(answer.status).toBe(200);
    expect(await text('uploaded')).toBe('by url');
  });

  it.each([
    ['expired', async () => presign(get, new Date(Date.now() - 61_000)), 'Request has expired'],
    ['for another key', async () => (await presign(get)).replace('diff.patch', 'plan.json'), 'SignatureDoesNotMatch'],
    [
      'with a longer life',
      async () => (await presign(get)).replace('Expires=60', 'Expires=600'),
      'SignatureDoesNotMatch',
    ],
    [
      'of a foreign key id',
      async () => (await presign(get)).replace('Credential=ASIA', 'Credential=AKIA'),
      'InvalidAccessKeyId',
    ],
  ])('%s are refused', async (_, url, message) => {
    const answer = await fetch(await url());

    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain(message);
  });

  it('do what their signer may do, not more', async () => {
    const url = await getSignedUrl(as('Reader'), new GetObjectCommand({ Bucket, Key: 'plain' }), { expiresIn: 60 });

    expect((await fetch(url)).status).toBe(403);
  });
});

describe('presigned POST', () => {
  async function form(options: { seconds?: number; max?: number; role?: string } = {}) {
    const { url, fields } = await createPresignedPost(as(options.role ?? 'Owner'), {
      Bucket,
      Key: 'checkpoints/1/diff.patch',
      Expires: options.seconds ?? 60,
      Conditions: [['content-length-range', 1, options.max ?? 100]],
    });
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return { url, data };
  }
  const send = async ({ url, data }: { url: string; data: FormData }, content = 'small', name = 'file') => {
    data.append(name, new Blob([content]), 'diff.patch');
    const answer = await fetch(url, { method: 'POST', body: data });
    return { status: answer.status, text: await answer.text() };
  };

  it('takes what fits', async () => {
    expect((await send(await form())).status).toBe(204);
    expect(await text('checkpoints/1/diff.patch')).toBe('small');
  });

  it('refuses what is too large, and writes nothing', async () => {
    const answer = await send(await form({ max: 10 }), 'more than ten bytes');

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('EntityTooLarge');
    expect(await text('checkpoints/1/diff.patch')).toBe('small');
  });

  it('refuses what is too small, expired, renamed, or has a field more', async () => {
    const renamed = await form();
    renamed.data.set('key', 'checkpoints/2/diff.patch');
    const more = await form();
    more.data.append('acl', 'public-read');

    expect(await send(await form(), '')).toMatchObject({
      status: 400,
      text: expect.stringContaining('EntityTooSmall'),
    });
    expect(await send(await form({ seconds: -1 }))).toMatchObject({
      status: 403,
      text: expect.stringContaining('expired'),
    });
    expect(await send(renamed)).toMatchObject({
      status: 403,
      text: expect.stringContaining('Policy Condition failed'),
    });
    expect(await send(more)).toMatchObject({ status: 403, text: expect.stringContaining('Extra input fields: acl') });
  });

  it('refuses a field given twice, in any spelling: the engine might read the other one', async () => {
    const twice = await form();
    twice.data.append('Key', String(twice.data.get('key')));
    twice.data.set('key', 'elsewhere');

    expect(await send(twice)).toMatchObject({ status: 400, text: expect.stringContaining('key twice') });
  });

  it('takes only the field named file, and stores it with its type', async () => {
    const { url, fields } = await createPresignedPost(s3, {
      Bucket,
      Key: 'typed file',
      Fields: { 'Content-Type': 'text/x-diff', success_action_status: '201' },
      Conditions: [['content-length-range', 1, 10]],
    });
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    data.append('x-ignore-large', new Blob(['far more than ten bytes']), 'large');

    expect(await send({ url, data }, 'in file')).toMatchObject({ status: 201 });
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'typed file' }));
    expect([await got.Body?.transformToString(), got.ContentType]).toEqual(['in file', 'text/x-diff']);
  });

  it('refuses a changed policy, and a signer without the right', async () => {
    const changed = await form();
    const policy = JSON.parse(Buffer.from(String(changed.data.get('Policy')), 'base64').toString());
    policy.expiration = '2099-01-01T00:00:00Z';
    changed.data.set('Policy', Buffer.from(JSON.stringify(policy)).toString('base64'));

    expect(await send(changed)).toMatchObject({ status: 403, text: expect.stringContaining('SignatureDoesNotMatch') });
    expect(await send(await form({ role: 'Reader' }))).toMatchObject({ status: 403 });
  });
});

describe('CORS', () => {
  const ask = (origin: string, method = 'GET') =>
    fetch(`${gateway.s3}/${Bucket}/open/diff.patch`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'X-Amz-Date' },
    });

  it('answers a preflight as the template says', async () => {
    const allowed = await ask('https://chat.example.com');

    expect(allowed.status).toBe(200);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://chat.example.com',
      'access-control-allow-headers': 'x-amz-date',
      'access-control-max-age': '60',
    });
    expect((await ask('https://example.org')).status).toBe(403);
    expect((await ask('https://chat.example.com', 'PUT')).status).toBe(403);
  });

  it('adds its headers to answers, errors included', async () => {
    const headers = { origin: 'https://chat.example.com' };
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'open/diff.patch' }));

    const fine = await fetch(url, { headers });
    const refused = await fetch(`${gateway.s3}/${Bucket}/x`, { headers });

    expect(fine.headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
  });
});
