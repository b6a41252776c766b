import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Json, type JsonObject, ServiceError } from '#local/parts';

/** Asks the back office what to answer; its errors become exceptions of that name. */
const HANDLER = `
import json, os, urllib.request

def handler(event, context):
    body = json.dumps({"name": os.environ["NAME"], "payload": event}).encode()
    request = urllib.request.Request(os.environ["BACK_OFFICE"], data=body, method="POST")
    with urllib.request.urlopen(request) as reply:
        answer = json.load(reply)
    try:
        value = json.loads(answer["payload"])
    except ValueError:
        value = answer["payload"]
    if answer.get("functionError"):
        error = value if isinstance(value, dict) else {"errorType": "Unknown"}
        raise type(str(error.get("errorType")), (Exception,), {})(error.get("errorMessage", ""))
    return value
`;

const ROLE = 'arn:aws:iam::000000000000:role/any';

/** The few calls of a MiniStack that a conformance run needs; it verifies no signatures, only their shape. */
export class MiniStack {
  readonly #endpoint: string;
  readonly #backOffice: string;
  readonly #code: string;

  constructor(endpoint: string, backOffice: string) {
    this.#endpoint = endpoint;
    this.#backOffice = backOffice;
    this.#code = zipped(HANDLER);
  }

  async ready(): Promise<void> {
    for (let i = 0; i < 100; i += 1) {
      const alive = await fetch(this.#endpoint).then(
        () => true,
        () => false,
      );
      if (alive) return;
      await sleep(200);
    }
    throw new Error('MiniStack did not come up');
  }

  /** @throws ServiceError with the name that the service answers. */
  async states(operation: string, request: JsonObject): Promise<JsonObject> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        ...signature('states'),
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AWSStepFunctions.${operation}`,
      },
      body: JSON.stringify(request),
    });
    const reply = (await response.json()) as JsonObject;
    if (response.ok) return reply;
    const code =
      String(reply.__type ?? 'Unknown')
        .split('#')
        .at(-1) ?? '';
    throw new ServiceError(code, `${code}: ${String(reply.message ?? '')}`, response.status);
  }

  async createFunction(name: string): Promise<void> {
    const response = await fetch(`${this.#endpoint}/2015-03-31/functions`, {
      method: 'POST',
      headers: { ...signature('lambda'), 'content-type': 'application/json' },
      body: JSON.stringify({
        FunctionName: name,
        Runtime: 'python3.12',
        Handler: 'handler.handler',
        Role: ROLE,
        Timeout: 60,
        Code: { ZipFile: this.#code },
        Environment: { Variables: { NAME: name, BACK_OFFICE: this.#backOffice } },
      }),
    });
    if (!response.ok) throw new Error(`CreateFunction: ${await response.text()}`);
  }

  /** The end of an execution of a machine of its own, and the types of its history. */
  async run(name: string, definition: JsonObject, input: Json, patience: number) {
    const machine = { name, roleArn: ROLE, definition: JSON.stringify(definition) };
    const { stateMachineArn = '' } = await this.states('CreateStateMachine', machine);
    const start = { stateMachineArn, input: JSON.stringify(input) };
    const { executionArn = '' } = await this.states('StartExecution', start);
    const deadline = Date.now() + patience;
    let reply = await this.states('DescribeExecution', { executionArn });
    while (reply.status === 'RUNNING' && Date.now() < deadline) {
      await sleep(100);
      reply = await this.states('DescribeExecution', { executionArn });
    }
    const { events } = await this.states('GetExecutionHistory', { executionArn, maxResults: 1000 });
    return { reply, types: (events as JsonObject[]).map(({ type }) => String(type)) };
  }
}

function signature(service: string): Record<string, string> {
  const scope = `test/20260101/us-east-1/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` };
}

/** Python writes the archive: Node has no zip of its own, and MiniStack brings Python. */
function zipped(source: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'handler-'));
  try {
    writeFileSync(join(dir, 'handler.py'), source);
    execFileSync('python3', ['-m', 'zipfile', '-c', 'code.zip', 'handler.py'], { cwd: dir });
    return readFileSync(join(dir, 'code.zip')).toString('base64');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
