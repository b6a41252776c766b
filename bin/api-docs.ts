import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorTable } from '#core/api/error-table';
import { eventTable } from '#core/api/event-table';
import { openApi } from '#core/api/openapi';
import { socketSchema } from '#core/api/socket-schema';
import packageJson from '../package.json' with { type: 'json' };

/** `npm run api:docs`: writes what clients are written against. A test fails when the files are stale. */
const folder = fileURLToPath(new URL('../docs/api/', import.meta.url));
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const files = {
  'openapi.json': json(openApi(packageJson.version)),
  'socket.schema.json': json(socketSchema()),
  'errors.md': errorTable(),
  'events.md': eventTable(),
};

mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) {
  writeFileSync(`${folder}${name}`, content);
  console.log(`docs/api/${name}`);
}
