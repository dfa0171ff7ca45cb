import type { Message } from '#session/api';
import { keysOf } from '#shell/keys-of';

type Scope = Message['ApiKeyScope'];

/** All scopes of API keys, grouped by subject. */
export const scopeGroups = {
  seats: [
    'license_session:acquire',
    'license_session:hold',
    'license_session:read',
    'license_session:read_all',
    'license_session:end_any',
    'license:read',
  ],
  people: ['self:read', 'user:read', 'user:read_all', 'user:invite', 'user:update', 'user:disable', 'user:remove'],
  projects: ['project:read', 'project:create', 'project:update', 'project:manage'],
  organization: [
    'tenant:read',
    'tenant:update',
    'analytics:read',
    'audit:read',
    'audit:export',
    'webhook:manage',
    'event:read',
  ],
} as const satisfies Record<string, readonly Scope[]>;

export const scopeGroupNames = keysOf(scopeGroups);

/** The usual sets of scopes (docs/api-keys.md). */
export const scopePresets = {
  sdk: ['license_session:acquire'],
  seats: ['license_session:acquire', 'license_session:hold'],
  monitor: ['license:read', 'license_session:read', 'license_session:read_all'],
  projects: ['project:read', 'project:create', 'project:update'],
  audit: ['audit:read', 'audit:export'],
} as const satisfies Record<string, readonly Scope[]>;

export const scopePresetNames = keysOf(scopePresets);

export const isSameScopes = (one: readonly Scope[], other: readonly Scope[]): boolean =>
  one.length === other.length && one.every((scope) => other.includes(scope));

/** Returns the key of a scope's text: i18next would read a colon as the end of a namespace. */
export const scopeText = <Name extends Scope>(scope: Name) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript does not replace in types
  scope.replace(':', '_') as Name extends `${infer Resource}:${infer Verb}` ? `${Resource}_${Verb}` : never;
