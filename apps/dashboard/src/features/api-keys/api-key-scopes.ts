import type { Message } from '#session/api';

type Scope = Message['ApiKeyScope'];

/** What a key can be limited to, by what it is about. */
export const scopeGroups = {
  seats: [
    ...(['license_session:acquire', 'license_session:hold', 'license_session:read'] as const),
    ...(['license_session:read_all', 'license_session:end_any', 'license:read'] as const),
  ],
  people: [
    ...(['self:read', 'user:read', 'user:read_all', 'user:invite', 'user:update', 'user:disable'] as const),
    'user:remove',
  ],
  projects: ['project:read', 'project:create', 'project:update', 'project:manage'],
  organization: [
    ...(['tenant:read', 'tenant:update', 'analytics:read', 'audit:read', 'audit:export'] as const),
    ...(['webhook:manage', 'event:read'] as const),
  ],
} as const satisfies Record<string, readonly Scope[]>;

export type ScopeGroup = keyof typeof scopeGroups;
export const scopeGroupNames = Object.keys(scopeGroups) as ScopeGroup[];

/** What keys are mostly for (docs/api-keys.md). */
export const scopePresets = {
  sdk: ['license_session:acquire'],
  seats: ['license_session:acquire', 'license_session:hold'],
  monitor: ['license:read', 'license_session:read', 'license_session:read_all'],
  projects: ['project:read', 'project:create', 'project:update'],
  audit: ['audit:read', 'audit:export'],
} as const satisfies Record<string, readonly Scope[]>;

export type ScopePreset = keyof typeof scopePresets;
export const scopePresetNames = Object.keys(scopePresets) as ScopePreset[];

export const isSameScopes = (one: readonly Scope[], other: readonly Scope[]): boolean =>
  one.length === other.length && one.every((scope) => other.includes(scope));

/** A colon in the key of a text would name another file of texts. */
export const scopeText = <Name extends Scope>(scope: Name) =>
  scope.replace(':', '_') as Name extends `${infer Resource}:${infer Verb}` ? `${Resource}_${Verb}` : never;
