import { z } from 'zod';
import { displayName, Id, PageQuery, pageOf, SearchText, Timestamp } from './common.js';
import {
  apiKeyScopes,
  apiKeyStatuses,
  DEFAULT_API_KEY_DAYS,
  MAX_API_KEY_DAYS,
  MAX_API_KEY_NAME_LENGTH,
  MAX_KEY_OVERLAP_SECONDS,
} from './names.js';

export const ApiKeyScope = z.enum(apiKeyScopes).meta({ id: 'ApiKeyScope', examples: ['license_session:acquire'] });
export type ApiKeyScope = z.infer<typeof ApiKeyScope>;

const Name = displayName(MAX_API_KEY_NAME_LENGTH).meta({ description: 'What the key is used for' });

export const CreateApiKeyRequest = z
  .strictObject({
    name: Name,
    scopes: z
      .array(ApiKeyScope)
      .min(1)
      .max(apiKeyScopes.length)
      .meta({ description: 'What the key may do. The role of its user must include it' }),
    expires_in_days: z
      .int()
      .min(1)
      .max(MAX_API_KEY_DAYS)
      .nullable()
      .default(DEFAULT_API_KEY_DAYS)
      .meta({ description: 'null for a key that never expires. Only owners and admins may make one' }),
  })
  .meta({
    id: 'CreateApiKeyRequest',
    examples: [
      {
        name: 'Build machines',
        scopes: ['license:read', 'license_session:acquire', 'license_session:hold'],
        expires_in_days: 90,
      },
    ],
  });
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

export const UpdateApiKeyRequest = z
  .strictObject({ name: Name.optional() })
  .meta({ id: 'UpdateApiKeyRequest', examples: [{ name: 'Nightly builds' }] });
export type UpdateApiKeyRequest = z.infer<typeof UpdateApiKeyRequest>;

export const RotateApiKeyRequest = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(MAX_KEY_OVERLAP_SECONDS)
      .default(0)
      .meta({ description: 'How long the old key continues to work' }),
  })
  .meta({ id: 'RotateApiKeyRequest', examples: [{ overlap_seconds: 3600 }] });
export type RotateApiKeyRequest = z.infer<typeof RotateApiKeyRequest>;

/** An API key as it is shown after it was made. The key itself is shown only once. */
export const ApiKey = z
  .object({
    id: Id,
    name: z.string(),
    prefix: z.string().meta({ description: 'The first and last characters, to recognise the key' }),
    scopes: z.array(ApiKeyScope),
    status: z.enum(apiKeyStatuses),
    user: z.object({ id: Id, email: z.string(), name: z.string() }),
    expires_at: Timestamp.nullable(),
    last_used_at: Timestamp.nullable().meta({ description: 'Updated at most once a minute' }),
    revoked_at: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'ApiKey', examples: [exampleKey()] });
export type ApiKey = z.infer<typeof ApiKey>;

export const CreatedApiKey = ApiKey.extend({
  key: z.string().meta({ description: 'The key itself. It is shown only once' }),
}).meta({
  id: 'CreatedApiKey',
  examples: [{ ...exampleKey(), key: 'cak_AZqfbhwrfT6PQFprfI2eDwexample0not0a0real0key0example0not0a0real0Qx7bTw' }],
});
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;

export const ApiKeyPage = pageOf(ApiKey, 'ApiKeyPage');
export const ApiKeyQuery = PageQuery.extend({
  scope: z
    .enum(['own', 'tenant'])
    .default('own')
    .meta({ description: 'tenant lists the keys of all users and needs api_key:manage_any' }),
  user_id: Id.optional().meta({ description: 'Only keys of this user. Another user needs api_key:manage_any' }),
  status: z.enum(apiKeyStatuses).optional(),
  search: SearchText.optional().meta({ description: 'Part of the name. Case does not matter' }),
  ordering: z
    .enum([
      'name',
      '-name',
      'created_at',
      '-created_at',
      'last_used_at',
      '-last_used_at',
      'expires_at',
      '-expires_at',
    ] as const)
    .default('-created_at')
    .meta({ description: 'Keys that were never used, or never expire, come last' }),
});
export type ApiKeyQuery = z.infer<typeof ApiKeyQuery>;

function exampleKey() {
  return {
    id: '019a5f74-0d5c-7b21-9c3e-7f8091a2b3c4',
    name: 'Build machines',
    prefix: 'cak_…Qx7bTw',
    scopes: ['license:read', 'license_session:acquire', 'license_session:hold'] satisfies ApiKeyScope[],
    status: 'active' as const,
    user: { id: '019a5f6e-1c2b-7d3e-8f40-5a6b7c8d9e0f', email: 'ada@acme.test', name: 'Ada Lovelace' },
    expires_at: '2027-02-20T09:30:00.000Z',
    last_used_at: '2026-11-22T10:12:00.000Z',
    revoked_at: null,
    created_at: '2026-11-22T09:30:00.000Z',
  };
}
