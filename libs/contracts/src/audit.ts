import { z } from 'zod';
import { Id, Moment, PageQuery, pageOf, SearchText, STORABLE_TEXT, Timestamp } from './common.js';
import { example } from './examples.js';
import { actorTypes, breakReasons, exportFormats, MAX_AUDIT_OFFSET, MAX_RESOURCE_ID_LENGTH } from './names.js';

const Word = /^[a-z][a-z0-9_]{0,63}$/;

const filters = {
  actor_id: Id.optional(),
  action: z
    .string()
    .max(130)
    .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?$/, 'must be an action, or a prefix of one as in user.*')
    .optional()
    .meta({ description: 'An action, or all actions with a prefix: `user.*`', example: 'user.*' }),
  resource_type: z.string().regex(Word, 'must be a resource type').optional().meta({ example: 'user' }),
  resource_id: z
    .string()
    .min(1)
    .max(MAX_RESOURCE_ID_LENGTH)
    .regex(STORABLE_TEXT, 'must not contain NUL or half a surrogate pair')
    .optional(),
  request_id: z
    .string()
    .regex(/^[\w.-]{1,128}$/, 'must be a request id')
    .optional(),
  from: Moment.optional().meta({ description: 'Start of the range, inclusive, RFC 3339' }),
  to: Moment.optional().meta({ description: 'End of the range, exclusive, RFC 3339' }),
  search: SearchText.optional().meta({ description: 'Part of the action or of the actor name. Case does not matter' }),
};

const isInOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }) =>
  from === undefined || to === undefined || Date.parse(from) < Date.parse(to);
const outOfOrder = { path: ['to'], message: 'must be later than from' };

export const AuditLogQuery = PageQuery.extend({
  ...filters,
  ordering: z.enum(['occurred_at', '-occurred_at']).default('-occurred_at'),
})
  .refine(({ offset }) => offset <= MAX_AUDIT_OFFSET, {
    path: ['offset'],
    message: `must be at most ${MAX_AUDIT_OFFSET}: narrow the list with from and to, or use the export`,
  })
  .refine(isInOrder, outOfOrder);
export type AuditLogQuery = z.infer<typeof AuditLogQuery>;

export const AuditExportQuery = z
  .strictObject({
    ...filters,
    format: z.enum(exportFormats).meta({
      description: 'csv is a table for people. ndjson holds everything that offline verification needs',
      example: 'ndjson',
    }),
  })
  .refine(isInOrder, outOfOrder);
export type AuditExportQuery = z.infer<typeof AuditExportQuery>;

export type AuditLogFilters = Omit<AuditExportQuery, 'format'>;

const Changes = z.record(z.string(), z.unknown()).nullable();
const Hash = z.string().meta({ description: 'SHA-256 in base64url' });

/** One audit entry: actor, action and resource. `before` and `after` hold the fields that changed. */
export const AuditLog = z
  .object({
    id: Id,
    occurred_at: Timestamp,
    actor_type: z.enum(actorTypes),
    actor_id: Id.nullable().meta({ description: 'Id of the user, the API key or the staff user' }),
    actor_name: z.string().nullable().meta({ description: 'The e-mail address at that time' }),
    action: z.string(),
    resource_type: z.string(),
    resource_id: z.string().nullable(),
    before: Changes.meta({ description: 'Null if the resource did not exist before' }),
    after: Changes.meta({ description: 'Null if the resource no longer exists' }),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    sequence: z
      .int()
      .nullable()
      .meta({ description: 'Position in the chain. Null for a few seconds, until the entry is sealed' }),
    hash: Hash.nullable(),
    erased_at: Timestamp.nullable().meta({ description: 'When its personal data was erased' }),
  })
  .meta({
    id: 'AuditLog',
    examples: [
      {
        id: '0195a4c2-7d10-7e55-b8c1-4f6a90d2e317',
        occurred_at: example.now,
        actor_type: 'user',
        actor_id: example.userId,
        actor_name: example.email,
        action: 'user.disabled',
        resource_type: 'user',
        resource_id: '0195a4c1-6b3f-7a02-9d18-e5c7f2b4a690',
        before: { status: 'active' },
        after: { status: 'disabled' },
        ip: '203.0.113.7',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        request_id: '0195a4c2-7d0e-7b1a-8f65-c3d9e0a17b42',
        sequence: 1204,
        hash: 'RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo',
        erased_at: null,
      },
    ],
  });
export type AuditLog = z.infer<typeof AuditLog>;

export const AuditLogPage = pageOf(AuditLog, 'AuditLogPage');

/** Whether the chain of audit entries is intact, and where it first is not. */
export const AuditVerification = z
  .object({
    valid: z.boolean(),
    entries: z.int().meta({ description: 'How many entries were verified: all, or those before the break' }),
    first_sequence: z.int().nullable(),
    last_sequence: z.int().nullable(),
    last_hash: Hash.nullable().meta({
      description: 'Keep a copy elsewhere. It later proves whether the chain was cut off or rewritten',
    }),
    sealed_at: Timestamp.meta({ description: 'Entries committed before this time are in the chain' }),
    erased: z.int().meta({ description: 'How many entries have had personal data erased' }),
    archived_through: z
      .object({ sequence: z.int(), hash: Hash })
      .optional()
      .meta({ description: 'The last archived entry. Verification starts after it' }),
    broken_at: z
      .object({
        sequence: z.int(),
        reason: z.enum(breakReasons).meta({
          description:
            'hash_mismatch: the entry was changed; digest_mismatch: the actor or the changes differ from what was ' +
            'sealed; gap: the entry is missing; link_mismatch: the entry does not follow the one before',
        }),
      })
      .optional(),
  })
  .meta({
    id: 'AuditVerification',
    examples: [
      {
        valid: true,
        entries: 1204,
        first_sequence: 1,
        last_sequence: 1204,
        last_hash: 'RuEqGsJVu-pkkk3MnsTioYarA3RogDQwgksWrTttCQo',
        sealed_at: example.now,
        erased: 0,
      },
      {
        valid: false,
        entries: 311,
        first_sequence: 1,
        last_sequence: 311,
        last_hash: 'hPq3fotcST648epQhYMYpBk4bX3UjYI6jspgiZChw7M',
        sealed_at: example.now,
        erased: 2,
        broken_at: { sequence: 312, reason: 'gap' },
      },
    ],
  });
export type AuditVerification = z.infer<typeof AuditVerification>;
