// A whole client in plain JavaScript: file an issue, solve it, print each milestone once and in order.
// node client.mjs <api url> <socket url> <token> <repository url> <title>   (Node 22 or newer: WebSocket is global)
const [, , api, socketUrl, token, repository, title] = process.argv;

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  const fields = (answer.fields ?? []).map(({ field, message }) => `${field}: ${message}`);
  if (!response.ok) throw new Error([answer.message, ...fields, answer.remedy].join(' '));
  return answer;
}

const session = await call('POST', '/sessions', { title: 'Plain client' });
const issue = await call('POST', `/sessions/${session.id}/issues`, { title, repository: { url: repository } });
const { job } = await call('POST', `/sessions/${session.id}/issues/${issue.id}/solve`, { attempts: 1 });

let last = 0;
function apply({ seq, type, data }) {
  if (seq !== last + 1) return; // known already, or a gap: the next sync fills it
  last = seq;
  console.log(seq, type, data.status ?? '');
  if (type === 'job_status' && ['awaiting_review', 'completed', 'failed', 'cancelled'].includes(data.status)) process.exit(0);
}

async function connect() {
  const { ticket } = await call('POST', '/live/tickets', { session_id: session.id });
  const socket = new WebSocket(`${socketUrl}?ticket=${ticket}`);
  const sync = () => socket.send(JSON.stringify({ action: 'sync', job_id: job.id, after: last }));
  const every = setInterval(sync, 25_000); // also keeps the socket from idling out after ten minutes
  socket.onopen = sync;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'event') apply(message.data);
    if (message.type === 'event' && message.seq > last) sync();
  };
  socket.onclose = () => {
    clearInterval(every);
    setTimeout(connect, 1_000); // a ticket serves once: take a new one
  };
}
await connect();
