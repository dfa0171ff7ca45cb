import { apiKeyScopes, permissions, userRoles } from '@coditect/contracts/names';
import { describe, expect, it } from 'vitest';
import { isAllowed, mayDo, permissionsOf } from './permissions.js';

const INTRODUCTION = `# Roles and permissions

A role has the permissions below. Every route names the permission it needs, and the [API reference](../http.md) shows it. A change of the role takes effect with the next request, even if the access token is older. Refusals are 403 \`forbidden\` and name the permission.

An API key acts for the user who made it. A request needs the permission in both the scopes of the key and the role of that user. All callers may read their own account (\`self:read\`).`;

describe('the permission table', () => {
  it('matches the documentation; `npx vitest run src/platform/access/permissions.spec.ts -u` updates it', async () => {
    const isScope = (name: string) => apiKeyScopes.some((scope) => scope === name);
    const mark = (yes: boolean) => (yes ? '✓' : '');
    const cells = (name: (typeof permissions)[number]) => userRoles.map((role) => mark(isAllowed(role, name)));
    const rows = [
      ['permission', ...userRoles, 'API key scope'],
      ['---', ...userRoles.map(() => ':-:'), ':-:'],
      ...permissions.map((name) => [`\`${name}\``, ...cells(name), mark(isScope(name))]),
    ];
    const document = `${INTRODUCTION}\n\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
    await expect(document).toMatchFileSnapshot('../../../../../docs/generated/permissions.md');
  });

  it('gives an owner every permission', () => {
    for (const name of permissions) expect([name, isAllowed('owner', name)]).toEqual([name, true]);
  });

  it('lets a viewer change nothing but its own account', () => {
    const changing = permissionsOf({ type: 'user', role: 'viewer' }).filter((name) => !/:read(_all)?$/.test(name));
    expect(changing).toEqual(['self:update']);
  });
});

describe('an API key', () => {
  const key = (given: string[]) => ({ type: 'api_key', role: 'admin', scopes: given }) as const;

  it('has the permissions that both its scopes and the role of its user include', () => {
    expect(mayDo(key(['license:read']), 'license:read')).toBe(true);
    expect(mayDo(key(['license:read']), 'project:read')).toBe(false);
    expect(mayDo(key(['tenant:delete']), 'tenant:delete')).toBe(false);
  });

  it('may always read its own identity, and never change an account or make keys', () => {
    expect(mayDo(key([]), 'self:read')).toBe(true);
    for (const name of ['self:update', 'api_key:manage', 'tenant:delete'] as const)
      expect(apiKeyScopes).not.toContain(name);
  });
});
