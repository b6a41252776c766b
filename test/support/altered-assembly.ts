import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '#local/parts';

/** A CloudFormation template as far as tests change it. */
export interface AlterableTemplate {
  Resources: Record<string, { Type: string; Properties: JsonObject }>;
}
export type Alteration = (template: AlterableTemplate) => void;

/** A copy of a cloud assembly with another template; the assets are those of the original. */
export function alteredAssembly(cdkOut: string, alterations: Alteration[]): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-assembly-'));
  for (const name of readdirSync(cdkOut)) {
    if (!name.endsWith('.template.json')) {
      symlinkSync(join(cdkOut, name), join(folder, name));
      continue;
    }
    const template = JSON.parse(readFileSync(join(cdkOut, name), 'utf8')) as AlterableTemplate;
    for (const alter of alterations) alter(template);
    writeFileSync(join(folder, name), JSON.stringify(template));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Takes one action out of the policy of a function. @throws Error when the policy did not have it */
export function withoutAction(functionName: string, action: string): Alteration {
  return ({ Resources }) => {
    const policy = Object.entries(Resources).find(
      ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(`${functionName}Policy`),
    )?.[1];
    const document = policy?.Properties.PolicyDocument as
      | { Statement: Array<{ Action: string | string[] }> }
      | undefined;
    const statement = document?.Statement.find(({ Action }) => [Action].flat().includes(action));
    if (document === undefined || statement === undefined) throw new Error(`${functionName} may not ${action} anyway`);
    const rest = [statement.Action].flat().filter((name) => name !== action);
    if (rest.length > 0) statement.Action = rest;
    else document.Statement = document.Statement.filter((other) => other !== statement);
  };
}

/** Other limits of live sandboxes than the installation's own. */
export function withPermits(limits: Partial<Record<'user' | 'tenant' | 'install', number>>): Alteration {
  return ({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue;
      const { Variables } = Properties.Environment as { Variables: JsonObject };
      for (const [scope, limit] of Object.entries(limits)) {
        const name = `PERMITS_${scope.toUpperCase()}`;
        if (name in Variables) Variables[name] = String(limit);
      }
    }
  };
}
