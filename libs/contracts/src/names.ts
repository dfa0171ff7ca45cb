/**
 * The names and limits of the messages, without zod: browsers import this file and no other of this library, because zod
 * would weigh more than a page. The schemas are made from it.
 */

export const planTiers = ['free', 'pro', 'team', 'enterprise'] as const;
export const tenantStatuses = ['active', 'suspended', 'closed'] as const;
export const dataExportStatuses = ['pending', 'running', 'ready', 'failed', 'expired'] as const;

export const userRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export const userStatuses = ['active', 'disabled', 'removed'] as const;
export const invitationStatuses = ['pending', 'accepted', 'revoked', 'expired'] as const;
export const providerKinds = ['oidc', 'github', 'identity_platform'] as const;

/** What a role can include, in the order in which it is shown. The API's permission table decides who has which. */
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

/** What no API key can be given: an account is changed, and keys are made, by a person who signed in. */
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

/** What an API key can be limited to. */
export type ApiKeyScope = Exclude<Permission, (typeof personal)[number]>;
export const apiKeyScopes = permissions.filter((name): name is ApiKeyScope => !isPersonal.has(name));
export const apiKeyStatuses = ['active', 'expired', 'revoked'] as const;

export const licenseStatuses = ['active', 'suspended', 'revoked'] as const;
export const endedSessionStatuses = ['released', 'expired', 'revoked'] as const;
export const licenseSessionStatuses = ['active', ...endedSessionStatuses] as const;
export const projectStatuses = ['active', 'archived'] as const;

export const eventResources = ['license', 'license_session', 'denial', 'user'] as const;
export type EventResource = (typeof eventResources)[number];
/** The types of the events that webhooks and `GET events` tell. Types are stable; new ones may come. All but denials are
 *  actions of the audit log: an audited change becomes an event when it is named here. */
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

/** The types of the live events of `GET stream`; stream.ts says what each of them carries. */
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
/** Why the server ends a stream: with a new token it can be opened again, not before signing in, or at once. */
export const streamEnds = ['token_expired', 'access_ended', 'server_stopping'] as const;
export type StreamEnd = (typeof streamEnds)[number];

export const actorTypes = ['user', 'api_key', 'staff', 'system'] as const;
export const exportFormats = ['csv', 'ndjson'] as const;
export const breakReasons = ['hash_mismatch', 'digest_mismatch', 'gap', 'link_mismatch'] as const;

export const buckets = ['5m', 'hour', 'day'] as const;
const MINUTE_MS = 60_000;
/** Lengths of the buckets of a series, in ms. All of them begin at whole hours and days of UTC. */
export const bucketMs = { '5m': 5 * MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS } as const;
export const forecastMethods = ['damped_holt_winters', 'seasonal_naive_drift'] as const;

/** Lowercase letters, digits and hyphens, with no hyphen at either end. */
export const TENANT_SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

// Limits. Lengths are in UTF-16 code units, as zod and the maxLength of HTML count them.

/** Rows of one page of a list. */
export const MAX_PAGE_ROWS = 1000;
export const MAX_SEARCH_LENGTH = 100;
/** Of the name of a person or an organization. */
export const MAX_NAME_LENGTH = 200;
/** RFC 5321, section 4.5.3.1.3, without the angle brackets. */
export const MAX_EMAIL_LENGTH = 254;
export const MIN_CODE_LENGTH = 6;
/** Of a code of the second factor: recovery codes are longer than those of an app, and spaces may be typed. */
export const MAX_CODE_LENGTH = 32;
export const MAX_INVITATIONS_AT_ONCE = 50;

export const MAX_PROJECT_NAME_LENGTH = 100;
export const MAX_PROJECT_DESCRIPTION_LENGTH = 2000;

/** Live API keys that one user may have. */
export const MAX_API_KEYS = 50;
export const MAX_API_KEY_NAME_LENGTH = 100;
export const DEFAULT_API_KEY_DAYS = 90;
export const MAX_API_KEY_DAYS = 365;
export const MAX_KEY_OVERLAP_SECONDS = 24 * 60 * 60;

/** Endpoints that one tenant may have. */
export const MAX_WEBHOOKS = 20;
export const MAX_WEBHOOK_URL_LENGTH = 2048;
export const MAX_WEBHOOK_DESCRIPTION_LENGTH = 200;
/** Deliveries that may be still to come to one endpoint after a replay. */
export const MAX_PENDING_DELIVERIES = 10_000;

/** Of the id of what an audit entry is about. */
export const MAX_RESOURCE_ID_LENGTH = 255;
/** Further into a list than this, each page would cost more than the one before. */
export const MAX_AUDIT_OFFSET = 10_000;

/** More points than a chart can show are a mistake. */
export const MAX_POINTS = 2_000;
export const MAX_HEATMAP_DAYS = 400;
export const MAX_WHAT_IF_DAYS = 92;
export const MAX_WHAT_IF_SEATS = 100_000;
export const MAX_HORIZON_DAYS = 90;
