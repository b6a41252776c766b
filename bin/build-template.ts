// `npm run template:build -- [--base debian:bookworm-slim@sha256:…] [--name patchbay]`: builds the sandbox image at e2b
// from the same files that the laptop runs. Needs E2B_API_KEY (and E2B_DOMAIN for a cluster of your own).
import { parseArgs } from 'node:util';
import { Template } from 'e2b';
import { sandboxSize, sandboxTemplate, templateTag } from '../sandbox-template/template.ts';

const { values } = parseArgs({
  options: { base: { type: 'string', default: 'debian:bookworm-slim' }, name: { type: 'string', default: 'patchbay' } },
});
const tagged = `${values.name}:${templateTag(values.base)}`;

if (!process.env.E2B_API_KEY) {
  process.stderr.write(
    `patchbay: E2B_API_KEY is not set: the image ${tagged} is built by e2b, in the team of that key.\n`,
  );
  process.exit(1);
}
if (!values.base.includes('@sha256:'))
  process.stderr.write(`patchbay: ${values.base} has no digest: two builds of one tag may differ.\n`);
await Template.build(sandboxTemplate(values.base), tagged, {
  ...sandboxSize,
  onBuildLogs: (entry) => process.stdout.write(`${entry.message}\n`),
});
process.stdout.write(`built ${tagged}; deploy with: npm run cdk -- deploy --parameters E2bTemplate=${tagged}\n`);
