import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { actionTone, auditActions } from './audit-actions.ts';
import english from './messages/en.json' with { type: 'json' };

const documented = readFileSync(path.resolve(import.meta.dirname, '../../../../../docs/audit.md'), 'utf8')
  .split('## The chain')[0]!
  .matchAll(/`([a-z_]+\.[a-z_]+)`/g);

const known = Object.entries(auditActions).flatMap(([group, verbs]) => verbs.map((verb) => `${group}.${verb}`));

describe('the actions to filter by', () => {
  it('are the documented ones', () => {
    expect(new Set(known)).toEqual(new Set([...documented].map(([, action]) => action)));
  });

  it('all have a text', () => {
    const texts: Record<string, Record<string, string>> = english.actions;
    expect(known.filter((action) => !texts[action.split('.')[0]!]?.[action.split('.')[1]!])).toEqual([]);
  });

  it.each([
    ['user.removed', 'danger'],
    ['refresh_token.reused', 'danger'],
    ['user.role_changed', 'warning'],
    ['project.created', 'success'],
    ['user.logged_in', 'neutral'],
  ])('%s has the tone %s', (action, tone) => expect(actionTone(action)).toBe(tone));
});
