/**
 * The names and limits of the messages. The schemas import them from here. This file imports nothing, so that the dashboard
 * can use it without loading zod (docs/decisions/0017-zod-stays-out-of-the-browser.md).
 */

export const planTiers = ['free', 'pro', 'team', 'enterprise'] as const;
export const tenantStatuses = ['active', 'suspended', 'closed'] as const;
export const dataExportStatuses = ['pending', 'running', 'ready', 'failed', 'expired'] as const;

export const userRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export const userStatuses = ['active', 'disabled', 'removed'] as const;
export const invitationStatuses = ['pending', 'accepted', 'revoked', 'expired'] as const;
export const providerKinds = ['oidc', 'github', 'identity_platform'] as const;

/** All permissions, in the order of the documentation. The API's permission table decides which role has which. */
export const permissions = [
  'self:read',
  'self:update',
  'license:read',
  'license_session:acquire',
  'license_session:read',
  'license_session:read_all',
  'license_session:hold',
  'license_session:end_any',
  'user:read',
  'user:read_all',
  'user:invite',
  'user:update',
  'user:disable',
  'user:reset_two_factor',
  'user:remove',
  'user:erase',
  'tenant:read',
  'tenant:update',
  'tenant:export',
  'tenant:delete',
  'project:read',
  'project:create',
  'project:update',
  'project:manage',
  'analytics:read',
  'audit:read',
  'audit:export',
  'webhook:manage',
  'event:read',
  'api_key:manage',
  'api_key:manage_any',
] as const;
export type Permission = (typeof permissions)[number];

/** Permissions that no API key can have: only a person who has signed in changes an account or creates keys. */
const personal = [
  'self:update',
  'api_key:manage',
  'api_key:manage_any',
  'user:reset_two_factor',
  'user:erase',
  'tenant:export',
  'tenant:delete',
] as const satisfies readonly Permission[];
const isPersonal = new Set<Permission>(personal);

/** The scopes of API keys: the permissions that are not reserved to people. */
export type ApiKeyScope = Exclude<Permission, (typeof personal)[number]>;
export const apiKeyScopes = permissions.filter((name): name is ApiKeyScope => !isPersonal.has(name));
export const apiKeyStatuses = ['active', 'expired', 'revoked'] as const;

export const licenseStatuses = ['active', 'suspended', 'revoked'] as const;
export const endedSessionStatuses = ['released', 'expired', 'revoked'] as const;
export const licenseSessionStatuses = ['active', ...endedSessionStatuses] as const;
export const projectStatuses = ['active', 'archived'] as const;

export const eventResources = ['license', 'license_session', 'denial', 'user'] as const;
export type EventResource = (typeof eventResources)[number];
/** The event types of webhooks and `GET events`, by resource. Types are stable, and new ones may be added. Except for
 *  denials, each is an action of the audit log: listing an audited action here turns it into an event. */
export const eventTypesOf = {
  license: ['license.suspended', 'license.revoked', 'license.reinstated', 'license.seats_changed'],
  license_session: [
    'license_session.acquired',
    'license_session.released',
    'license_session.expired',
    'license_session.revoked',
  ],
  denial: ['denial.created'],
  user: ['user.created', 'user.role_changed', 'user.disabled', 'user.enabled', 'user.removed'],
} as const satisfies Record<EventResource, readonly string[]>;
export type EventType = (typeof eventTypesOf)[EventResource][number];
export const eventTypes = eventResources.flatMap((resource): readonly EventType[] => eventTypesOf[resource]);

export const webhookStatuses = ['enabled', 'disabled'] as const;
export const disabledReasons = ['manual', 'gone', 'failing'] as const;
export const deliveryStatuses = ['pending', 'succeeded', 'failed', 'skipped'] as const;

/** The types of the live events of `GET stream`. Their data is in stream.ts. */
export const seatEventTypes = ['seat.acquired', 'seat.released', 'seat.expired', 'seat.revoked'] as const;
export type SeatEventType = (typeof seatEventTypes)[number];
export const changeEventTypes = ['user.changed', 'invitation.changed', 'project.changed'] as const;
export type ChangeEventType = (typeof changeEventTypes)[number];
export const liveEventTypes = [
  ...seatEventTypes,
  'license.changed',
  'denial.created',
  ...changeEventTypes,
  'reset',
  'end',
] as const;
/** Why the server ends a stream. `token_expired`: open it again with a new access token. `access_ended`: sign in first.
 *  `server_stopping`: open it again at once. */
export const streamEnds = ['token_expired', 'access_ended', 'server_stopping'] as const;
export type StreamEnd = (typeof streamEnds)[number];

export const actorTypes = ['user', 'api_key', 'staff', 'system'] as const;
export const exportFormats = ['csv', 'ndjson'] as const;
export const breakReasons = ['hash_mismatch', 'digest_mismatch', 'gap', 'link_mismatch'] as const;

export const buckets = ['5m', 'hour', 'day'] as const;
const MINUTE_MS = 60_000;
/** Bucket lengths of a series, in ms. Buckets start at whole hours and days of UTC. */
export const bucketMs = { '5m': 5 * MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS } as const;
export const forecastMethods = ['damped_holt_winters', 'seasonal_naive_drift'] as const;

/** Lowercase letters, digits and hyphens, with no hyphen at either end. */
export const TENANT_SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

// Limits. Lengths are in UTF-16 code units, as zod and the maxLength of HTML count them.

/** The most rows of one page of a list. */
export const MAX_PAGE_ROWS = 1000;
export const MAX_SEARCH_LENGTH = 100;
/** The longest name of a person or an organization. */
export const MAX_NAME_LENGTH = 200;
/** RFC 5321, section 4.5.3.1.3, without the angle brackets. */
export const MAX_EMAIL_LENGTH = 254;
export const MIN_CODE_LENGTH = 6;
/** The longest code of the second factor, with spaces: recovery codes are longer than codes of an app. */
export const MAX_CODE_LENGTH = 32;
export const MAX_INVITATIONS_AT_ONCE = 50;

export const MAX_PROJECT_NAME_LENGTH = 100;
export const MAX_PROJECT_DESCRIPTION_LENGTH = 2000;

/** The most API keys one user may have that still work. */
export const MAX_API_KEYS = 50;
export const MAX_API_KEY_NAME_LENGTH = 100;
export const DEFAULT_API_KEY_DAYS = 90;
export const MAX_API_KEY_DAYS = 365;
export const MAX_KEY_OVERLAP_SECONDS = 24 * 60 * 60;

/** The most endpoints one tenant may have. */
export const MAX_WEBHOOKS = 20;
export const MAX_WEBHOOK_URL_LENGTH = 2048;
export const MAX_WEBHOOK_DESCRIPTION_LENGTH = 200;
/** The most deliveries one endpoint may have pending after a replay. */
export const MAX_PENDING_DELIVERIES = 10_000;

/** The longest id of the resource of an audit entry. */
export const MAX_RESOURCE_ID_LENGTH = 255;
/** The largest offset of a list of audit entries. The cost of a page grows with its offset. */
export const MAX_AUDIT_OFFSET = 10_000;

/** A chart cannot show more points than this, so a longer series is taken for a mistake. */
export const MAX_POINTS = 2_000;
export const MAX_HEATMAP_DAYS = 400;
export const MAX_WHAT_IF_DAYS = 92;
export const MAX_WHAT_IF_SEATS = 100_000;
export const MAX_HORIZON_DAYS = 90;
