'use strict';
/*
 * Preloaded into each function process, in place of the native module of aws-lambda-ric: that one is C++ around curl and
 * takes minutes to build, and all it does is three calls of the Runtime API over HTTP.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const http = require('node:http');
const Module = require('node:module');
const net = require('node:net');

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API || '').split(':');
// Node has read it by now (process-environment.ts); no handler is to see what Lambda does not set.
delete process.env.NODE_COMPILE_CACHE;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
/** The answer under way: the interface client does not wait for it, but `next` must not overtake it. */
let answered = Promise.resolve();

function call(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { hostname, port, method, path: `/2018-06-01/runtime/${path}`, headers, agent },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ headers: response.headers, bodyJson: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function post(path, headers, body) {
  const bytes = Buffer.from(body, 'utf8');
  const whole = { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers };
  answered = answered.then(() => call('POST', path, whole, bytes)).finally(keepCompiled);
}

let kept = false;
/** Writes what the first invocation made V8 compile: processes end by a signal, at which Node would write nothing. */
function keepCompiled() {
  if (!kept) setImmediate(Module.flushCompileCache);
  kept = true;
}

const client = {
  initializeClient() {},
  async next() {
    await answered;
    return call('GET', 'invocation/next', {}, undefined);
  },
  done(id, body) {
    post(`invocation/${id}/response`, {}, body);
  },
  error(id, body) {
    post(`invocation/${id}/error`, {}, body);
  },
};

const load = Module._load;
Module._load = function (request, ...others) {
  return request === './rapid-client.node' ? client : load.call(this, request, ...others);
};

// The stack holds the other end of this pipe. Its end means that the stack is gone, also by `kill -9`. Not standard input:
// an ES module that imports `process` touches `process.stdin`, which would open the descriptor a second time.
const parent = new net.Socket({ fd: 3, readable: true, writable: false });
parent.on('close', () => process.exit(1));
parent.on('error', () => process.exit(1));
parent.resume();
parent.unref();
