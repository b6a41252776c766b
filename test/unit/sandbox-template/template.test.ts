import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Template } from 'e2b';
import { describe, expect, it } from 'vitest';
import { sandboxPaths } from '#core/workflow/runner';
import { sandboxTemplate, templateFiles, templateTag } from '#template/template';

const image = 'debian:bookworm-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000';

describe('the image of a sandbox', () => {
  it('holds every file of the runner where the workflow looks for it', () => {
    const dockerfile = Template.toDockerfile(sandboxTemplate(image));

    expect(dockerfile).toContain(`FROM ${image}`);
    for (const name of templateFiles()) expect(dockerfile).toContain(`${sandboxPaths.template}/${name}`);
    expect(dockerfile).toContain(sandboxPaths.python);
    expect(templateFiles()).toContain('runner/main.py');
  });

  it('installs by hash alone', () => {
    expect(Template.toDockerfile(sandboxTemplate(image))).toContain('--no-deps --require-hashes');
  });

  it('lists files that exist', () => {
    const missing = templateFiles().filter(
      (name) => !existsSync(fileURLToPath(new URL(`../../../sandbox-template/${name}`, import.meta.url))),
    );

    expect(missing).toEqual([]);
  });

  it('has a tag that follows its content and its base', () => {
    expect(templateTag(image)).toMatch(/^[0-9a-f]{12}$/);
    expect(templateTag(image)).toBe(templateTag(image));
    expect(templateTag('debian:trixie-slim')).not.toBe(templateTag(image));
  });
});
