import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApi } from '#core/api/openapi';
import { socketSchema } from '#core/api/socket-schema';
import packageJson from '../package.json' with { type: 'json' };

/** `npm run api:docs`: writes what clients are written against. A test fails when the files are stale. */
const folder = fileURLToPath(new URL('../docs/api/', import.meta.url));
const files = { 'openapi.json': openApi(packageJson.version), 'socket.schema.json': socketSchema() };

mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) {
  writeFileSync(`${folder}${name}`, `${JSON.stringify(content, null, 2)}\n`);
  console.log(`docs/api/${name}`);
}
