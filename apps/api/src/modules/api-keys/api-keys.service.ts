import { Injectable } from '@nestjs/common';
import type {
  ApiKey as ApiKeyMessage,
  ApiKeyQuery,
  CreateApiKeyRequest,
  RotateApiKeyRequest,
  UpdateApiKeyRequest,
} from '@coditect/contracts/api-keys';
import { apiKeyScopes, DEFAULT_API_KEY_DAYS, MAX_API_KEYS } from '@coditect/contracts/names';
import type { UserRole } from '@coditect/contracts/common';
import { Database, type Tx } from '@coditect/db/database';
import type { ApiKey, Prisma } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { newApiKey } from '#platform/access/api-key-token';
import { orderBy } from '#platform/lists/paging';
import { Clock } from '#platform/clock';
import { isAllowed, mayDo } from '#platform/access/permissions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { containsText } from '#platform/lists/search';
import { validationFailed } from '#platform/problems/validation';

type StoredKey = ApiKey & { user: { id: string; email: string; name: string } };
export type ApiKeyRow = StoredKey & { status: ApiKeyMessage['status'] };
/** `key` is the secret. It is stored nowhere. */
export interface NewApiKey {
  row: ApiKeyRow;
  key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const include = { user: { select: { id: true, email: true, name: true } } } as const;

/** API keys. Their user makes and changes them; managers can also list and revoke them. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError forbidden for the keys of others without api_key:manage_any */
  async list(query: ApiKeyQuery): Promise<{ count: number; rows: ApiKeyRow[] }> {
    const now = this.clock.now();
    const where: Prisma.ApiKeyWhereInput = {
      tenantId: currentTenant(),
      userId: whoseKeys(query),
      ...(query.search && { name: containsText(query.search) }),
      ...(query.status && ofStatus(query.status, now)),
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.apiKey.count({ where }),
      this.db.tenant.apiKey.findMany({
        where,
        include,
        orderBy: orderBy(query.ordering, ['lastUsedAt', 'expiresAt']),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows: rows.map((row) => withStatus(row, now)) };
  }

  /** @throws ProblemError api_key_not_found */
  async get(id: string): Promise<ApiKeyRow> {
    const tenantId = currentTenant();
    const row = await this.db.tenant.apiKey.findUnique({ where: { tenantId_id: { tenantId, id } }, include });
    return withStatus(visible(row), this.clock.now());
  }

  /** @throws ProblemError validation_failed for scopes that the caller's role does not include, quota_exceeded,
   *  user_disabled */
  async create(request: CreateApiKeyRequest): Promise<NewApiKey> {
    const { name, scopes, expires_in_days: days } = request;
    return this.db.tenantTx(async (tx) => {
      const role = await this.lockUser(tx);
      assertWithinRole(role, request);
      await this.assertRoom(tx);
      return this.insert(tx, { name, scopes, lifeMs: days === null ? null : days * DAY_MS });
    });
  }

  /** @throws ProblemError api_key_not_found, forbidden for the key of another user */
  async update(id: string, request: UpdateApiKeyRequest): Promise<ApiKeyRow> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      const before = own(await this.lock(tx, id));
      const { name = before.name } = request;
      if (name === before.name) return before;
      const row = await tx.apiKey.update({ where: { tenantId_id: { tenantId, id } }, data: { name }, include });
      await this.record(tx, 'renamed', id, { before: { name: before.name }, after: { name } });
      return withStatus(row, this.clock.now());
    });
  }

  /** Does nothing if the key is already revoked.
   *  @throws ProblemError api_key_not_found */
  async revoke(id: string): Promise<void> {
    await this.db.tenantTx(async (tx) => {
      const before = await this.lock(tx, id);
      if (before.status === 'revoked') return;
      await this.end(tx, id, { revokedAt: this.clock.now() });
      await this.record(tx, 'revoked', id, { before: { status: before.status }, after: { status: 'revoked' } });
    });
  }

  /** @throws ProblemError api_key_not_found, forbidden for the key of another user, api_key_inactive,
   *  quota_exceeded, user_disabled */
  async rotate(id: string, { overlap_seconds: overlapSeconds }: RotateApiKeyRequest): Promise<NewApiKey> {
    return this.db.tenantTx(async (tx) => {
      const role = await this.lockUser(tx);
      const old = own(await this.lock(tx, id));
      if (old.status !== 'active') throw new ProblemError('api_key_inactive', { detail: 'Make a new API key.' });
      const now = this.clock.now();
      const expiresAt = new Date(Math.min(now.getTime() + overlapSeconds * 1000, old.expiresAt?.getTime() ?? Infinity));
      await this.end(tx, id, overlapSeconds === 0 ? { revokedAt: now } : { expiresAt });
      await this.assertRoom(tx);
      const { name, scopes } = old;
      const created = await this.insert(tx, { name, scopes, lifeMs: successorLifeMs(old, role) }, { replaces: id });
      await this.record(tx, 'rotated', id, {
        before: { expires_at: old.expiresAt?.toISOString() ?? null },
        after: { expires_at: expiresAt.toISOString(), replaced_by: created.row.id },
      });
      return created;
    });
  }

  private async insert(
    tx: Tx,
    { name, lifeMs, ...wanted }: { name: string; scopes: readonly string[]; lifeMs: number | null },
    origin: { replaces?: string } = {},
  ): Promise<NewApiKey> {
    const tenantId = currentTenant();
    const { key, prefix, hash } = newApiKey(tenantId);
    const now = this.clock.now();
    const expiresAt = lifeMs === null ? null : new Date(now.getTime() + lifeMs);
    const scopes = apiKeyScopes.filter((scope) => wanted.scopes.includes(scope));
    const row = await tx.apiKey.create({
      data: { tenantId, userId: currentUserId(), name, scopes, prefix, keyHash: hash, createdAt: now, expiresAt },
      include,
    });
    await this.record(tx, 'created', row.id, {
      after: { name, prefix, scopes, expires_at: expiresAt?.toISOString() ?? null, ...origin },
    });
    const tenant = await tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { name: true } });
    await this.mail.send(tx, tenantId, {
      to: row.user.email,
      template: 'api_key_created',
      data: { tenant: tenant.name, name, prefix, at: now.toISOString() },
    });
    return { row: withStatus(row, now), key };
  }

  /** Locks the key until the end of the transaction.
   *  @throws ProblemError api_key_not_found */
  private async lock(tx: Tx, id: string): Promise<ApiKeyRow> {
    const tenantId = currentTenant();
    await tx.$queryRaw`SELECT 1 FROM api_keys WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
    const row = await tx.apiKey.findUnique({ where: { tenantId_id: { tenantId, id } }, include });
    return withStatus(visible(row), this.clock.now());
  }

  /** Locks the caller, so that its keys are counted by one transaction at a time. Returns its current role. Checks
   *  the login again: it may have ended since the request was let in, and no new key may outlive that.
   *  @throws ProblemError user_disabled, invalid_token */
  private async lockUser(tx: Tx): Promise<UserRole> {
    const [user] = await tx.$queryRaw<{ role: UserRole }[]>`
      SELECT role::text AS role FROM users
      WHERE tenant_id = ${currentTenant()}::uuid AND id = ${currentUserId()}::uuid AND status = 'active'
      FOR NO KEY UPDATE`;
    if (!user) throw new ProblemError('user_disabled');
    const loginId = currentRequest().actor?.loginId;
    const ended = await tx.login.count({
      where: { tenantId: currentTenant(), userId: currentUserId(), id: loginId, revokedAt: { not: null } },
    });
    if (loginId && ended > 0)
      throw new ProblemError('invalid_token', { detail: 'This login has ended; sign in again.' });
    return user.role;
  }

  private async assertRoom(tx: Tx): Promise<void> {
    const where = { tenantId: currentTenant(), userId: currentUserId(), ...ofStatus('active', this.clock.now()) };
    const used = await tx.apiKey.count({ where });
    if (used >= MAX_API_KEYS)
      throw new ProblemError('quota_exceeded', {
        detail: `A user has at most ${MAX_API_KEYS} working API keys; revoke one that is not needed.`,
        members: { quota: 'max_api_keys', limit: MAX_API_KEYS, used },
      });
  }

  private async end(tx: Tx, id: string, data: { revokedAt: Date } | { expiresAt: Date }): Promise<void> {
    await tx.apiKey.update({ where: { tenantId_id: { tenantId: currentTenant(), id } }, data });
  }

  private async record(
    tx: Tx,
    verb: 'created' | 'renamed' | 'revoked' | 'rotated',
    resourceId: string,
    diff: { before?: Prisma.InputJsonObject; after?: Prisma.InputJsonObject },
  ): Promise<void> {
    const tenantId = currentTenant();
    await this.audit.write(tx, { tenantId, action: `api_key.${verb}`, resourceType: 'api_key', resourceId, ...diff });
  }
}

function mayManageAny(): boolean {
  return mayDo(currentRequest().actor, 'api_key:manage_any');
}

/** Returns the id of the user whose keys are listed, or undefined for all users of the tenant. */
function whoseKeys({ user_id: userId, scope }: ApiKeyQuery): string | undefined {
  const whose = userId ?? (scope === 'own' ? currentUserId() : undefined);
  if (whose !== currentUserId() && !mayManageAny())
    throw new ProblemError('forbidden', {
      detail: 'Seeing the API keys of other users needs the permission api_key:manage_any.',
      members: { permission: 'api_key:manage_any' },
    });
  return whose;
}

/** Keys of other users exist only for callers with api_key:manage_any. */
function visible(row: StoredKey | null): StoredKey {
  if (!row || (row.userId !== currentUserId() && !mayManageAny())) throw new ProblemError('api_key_not_found');
  return row;
}

/** A key acts as its user, so only that user may rotate it: a manager could otherwise become that user. */
function own(row: ApiKeyRow): ApiKeyRow {
  if (row.userId !== currentUserId())
    throw new ProblemError('forbidden', { detail: 'The API key belongs to another user; you can only revoke it.' });
  return row;
}

function assertWithinRole(role: UserRole, { scopes, expires_in_days: days }: CreateApiKeyRequest): void {
  const errors = scopes.flatMap((scope, at) =>
    isAllowed(role, scope)
      ? []
      : [{ path: `scopes.${at}`, message: `the role ${role} does not include ${scope}`, code: 'not_in_role' }],
  );
  if (days === null && !isAllowed(role, 'api_key:manage_any'))
    errors.push({ path: 'expires_in_days', message: `the role ${role} cannot do without`, code: 'not_in_role' });
  if (errors.length > 0) throw validationFailed(errors);
}

/** Returns the lifetime of the successor: that of the old key. If the old key never expires and the role no longer
 *  allows such keys, returns the default lifetime. */
function successorLifeMs({ createdAt, expiresAt }: ApiKeyRow, role: UserRole): number | null {
  if (expiresAt) return expiresAt.getTime() - createdAt.getTime();
  return isAllowed(role, 'api_key:manage_any') ? null : DEFAULT_API_KEY_DAYS * DAY_MS;
}

function withStatus(row: StoredKey, now: Date): ApiKeyRow {
  const expired = row.expiresAt !== null && row.expiresAt <= now;
  return { ...row, status: row.revokedAt ? 'revoked' : expired ? 'expired' : 'active' };
}

/** Returns the rule of `withStatus` as a filter for a query. */
function ofStatus(status: ApiKeyMessage['status'], now: Date): Prisma.ApiKeyWhereInput {
  if (status === 'revoked') return { revokedAt: { not: null } };
  if (status === 'expired') return { revokedAt: null, expiresAt: { lte: now } };
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
}
