// The tables that say which part may import which. `check-boundaries.mjs` compares them with the actual imports.

/** Scope of a workspace (`scope:*` in the "nx" field of its package.json) -> scopes that it may depend on. */
export const SCOPES = {
  'scope:shared': ['scope:shared'],
  'scope:client': ['scope:client', 'scope:shared'],
  // The API's tests start the local stack and drive it with the client; both are devDependencies.
  'scope:server': ['scope:server', 'scope:shared', 'scope:client', 'scope:local'],
  // Its browser tests start the local stack; that is a devDependency.
  'scope:browser': ['scope:client', 'scope:shared', 'scope:local'],
  'scope:staff': ['scope:client', 'scope:shared'],
  'scope:local': ['scope:local', 'scope:server', 'scope:browser', 'scope:client', 'scope:shared'],
};

/** Scopes that only the tests of a scope may use: they are declared under devDependencies. */
export const TESTS_ONLY = {
  'scope:server': ['scope:client', 'scope:local'],
  'scope:browser': ['scope:local'],
};

/**
 * The modules of `apps/api/src/modules`. `uses` lists the modules that a module may import. `offers` lists its files
 * that other modules may import, without `.ts`. A `*.module` directly in the folder of the module is always offered.
 * Other modules may not import any other file.
 * Every module may import `platform` and `config`. `platform` imports `config` only. The files beside the folder
 * `modules` (`app.module.ts`, `main.ts`, the commands) put the parts together and may import all of them.
 */
export const API_MODULES = {
  accounts: {
    uses: ['audit'],
    offers: ['account-lock', 'former-addresses', 'managers', 'own-account', 'tenant-lock'],
  },
  analytics: { uses: [], offers: ['usage/usage-retention', 'usage/usage-sampler'] },
  'api-keys': { uses: ['audit', 'mail'], offers: [] },
  audit: {
    uses: ['stream'],
    offers: [
      'audit-logs.presenter',
      'audit-partitions',
      'audit.service',
      'changed-fields',
      'chain/audit-sealer',
      'erasure/audit-erasure',
      'erasure/personal-data',
    ],
  },
  'audit-archive': { uses: ['accounts', 'audit'], offers: ['audit-archive-run'] },
  auth: {
    uses: ['accounts', 'audit', 'mail'],
    offers: [
      'logins/login-ender',
      'logins/logins.service',
      'logins/refresh-cookie',
      'passwords/password-rules',
      'passwords/passwords',
      'passwords/reauthentication',
    ],
  },
  docs: { uses: [], offers: [] },
  health: { uses: [], offers: [] },
  licenses: {
    uses: ['accounts', 'audit', 'mail', 'seats-in-use', 'stream'],
    offers: [
      'ledger/ledger-reconciliation',
      'ledger/seat-ledger',
      'session-ends/session-end.statements',
      'session-ends/session-ender',
      'session-ends/session-sweeper',
    ],
  },
  mail: { uses: ['outbox'], offers: ['mail.service'] },
  metrics: { uses: [], offers: [] },
  notices: { uses: ['mail', 'seats-in-use'], offers: ['license-notices'] },
  oauth: { uses: ['accounts', 'audit', 'auth', 'mail', 'tenants', 'users'], offers: [] },
  outbox: { uses: [], offers: ['outbox-handlers', 'write-to-outbox'] },
  projects: { uses: ['audit', 'tenants'], offers: [] },
  // The worker's table of contents: nothing may import it.
  schedules: {
    uses: ['analytics', 'audit', 'audit-archive', 'licenses', 'notices', 'tenants', 'webhooks'],
    offers: [],
  },
  // A module of its own, because live events count seats, and licenses publish live events.
  'seats-in-use': { uses: [], offers: ['seats-in-use'] },
  stream: { uses: ['seats-in-use'], offers: ['changes', 'live-events'] },
  tenants: {
    uses: ['accounts', 'audit', 'auth', 'licenses', 'mail', 'outbox', 'seats-in-use'],
    offers: ['closing/tenant-purge', 'exports/data-export-cleanup', 'quotas/quotas'],
  },
  users: {
    uses: ['accounts', 'audit', 'auth', 'licenses', 'mail', 'seats-in-use', 'tenants'],
    offers: ['invitations/invitation.rules'],
  },
  webhooks: { uses: ['audit', 'mail'], offers: ['recording/event-cleanup', 'recording/event-recorder'] },
};

/** The folders of `apps/dashboard/src`, from the lowest. A folder imports only folders that stand before it. */
export const DASHBOARD_LAYERS = ['theme', 'i18n', 'ui', 'session', 'seats', 'live', 'shell', 'features', 'routes'];

/** The features of the dashboard that use other features. Every other import between features is forbidden. */
export const FEATURES = {
  developers: ['api-keys', 'events', 'quick-start', 'webhooks'],
  licenses: ['sessions'],
  overview: ['licenses', 'sessions'],
  profile: ['sign-in'],
  projects: ['billing'],
  settings: ['billing'],
  team: ['billing'],
};
