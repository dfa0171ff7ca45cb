import type { ApiKey, CreatedApiKey } from '@coditect/contracts/api-keys';
import { apiKeyScopes } from '@coditect/contracts/names';
import type { ApiKeyRow, NewApiKey } from './api-keys.service.js';

export function presentApiKey(key: ApiKeyRow): ApiKey {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: apiKeyScopes.filter((scope) => key.scopes.includes(scope)),
    status: key.status,
    user: { id: key.user.id, email: key.user.email, name: key.user.name },
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}

export function presentNewApiKey({ row, key }: NewApiKey): CreatedApiKey {
  return { ...presentApiKey(row), key };
}
