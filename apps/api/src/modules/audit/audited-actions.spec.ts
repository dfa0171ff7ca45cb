import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { changeEventTypes } from '@coditect/contracts/names';
import { expect, it } from 'vitest';

const SOURCES = path.join(import.meta.dirname, '..');
const GUIDE = path.join(import.meta.dirname, '../../../../../docs/audit.md');

it('every action in the code is documented in docs/audit.md', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const code = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(path.join(SOURCES, file), 'utf8'))
    .join('\n');
  const resources = new Set([...code.matchAll(/resourceType: '([a-z_]+)'/g)].map(([, resource]) => resource));
  const named = [...code.matchAll(/'(([a-z_]+)\.[a-z_]+(?:ed(?:_everywhere)?|_set_up))'/g)].filter(([, , of]) =>
    resources.has(of),
  );
  const guide = readFileSync(GUIDE, 'utf8');
  const actions = new Set(named.map(([, action]) => action));
  for (const event of ['license.changed', ...changeEventTypes]) actions.delete(event); // live events, not audit actions
  expect(actions.size).toBeGreaterThan(30);
  expect([...actions].filter((action) => !guide.includes(`\`${action}\``))).toEqual([]);
});
