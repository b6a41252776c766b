// A whole client in plain JavaScript: file an issue, solve it, print each milestone once and in order.
// node client.mjs <api url> <socket url> <token> <repository url> <title>   (Node 22 or newer: WebSocket is global)
const [, , api, socketUrl, token, repository, title] = process.argv;
async function post(path, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  const response = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.message} ${answer.remedy ?? ''}`);
  return answer;
}
const session = await post('/sessions', { title: 'Plain client' });
const issue = await post(`/sessions/${session.id}/issues`, { title, repository: { url: repository } });
const { job } = await post(`/sessions/${session.id}/issues/${issue.id}/solve`, { attempts: 1 });
let last = 0;
function apply({ seq, type, data }) {
  if (seq !== last + 1) return; // known already, or a gap: the next sync fills it
  last = seq;
  console.log(seq, type, data.status ?? '');
  if (type === 'job_status' && /awaiting_review|completed|failed|cancelled/.test(data.status)) process.exit(0);
}
let socket;
const sync = () => socket.readyState === 1 && socket.send(JSON.stringify({ action: 'sync', job_id: job.id, after: last }));
async function connect() {
  const { ticket } = await post('/live/tickets', { session_id: session.id }); // serves once: a new one each time
  socket = new WebSocket(`${socketUrl}?ticket=${ticket}`);
  socket.onopen = sync;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.job_id !== job.id) return; // the socket hears every job of the session
    if (message.type === 'event') apply(message.data);
    if (message.seq > last) sync(); // a gap, or `synced` while there is more
  };
  socket.onclose = () => setTimeout(() => connect().catch(socket.onclose), 1_000);
}
await connect();
setInterval(sync, 25_000); // also keeps the socket from idling out after ten minutes
