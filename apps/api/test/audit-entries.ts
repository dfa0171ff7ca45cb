import { AuditVerification } from '@coditect/contracts/audit';
import { withClient } from '@coditect/local-stack/database';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import { AuditErasure } from '#modules/audit/erasure/audit-erasure';
import { formerAddressesOf } from '#modules/accounts/former-addresses';
import type { TestApp } from './app.js';
import type { TestTenant, TestUser } from './factory.js';

type Entry = Partial<Prisma.AuditLogUncheckedCreateInput>;

const START = Date.now() - 3_600_000;

/** Writes unsealed audit entries, one per second, within the last hour. */
export async function writeEntries(api: TestApp, tenantId: string, entries: Entry[]): Promise<void> {
  for (const [i, entry] of entries.entries())
    await api.db.system.auditLog.create({
      data: {
        tenantId,
        actorType: 'system',
        action: 'thing.changed',
        resourceType: 'thing',
        resourceId: `${i + 1}`,
        occurredAt: new Date(START + i * 1000),
        ...entry,
      },
    });
}

/** Returns the API's verification of a tenant's chain. The API seals the chain first. */
export async function verifyAudit(api: TestApp, { owner }: Pick<TestTenant, 'owner'>): Promise<AuditVerification> {
  const { body } = await api.get('audit-logs/verify', owner.accessToken).expect(200);
  return AuditVerification.strict().parse(body);
}

/**
 * Erases a user from audit entries, including the entries about an address that it had.
 * @param until when the user gave up the address
 * @returns the number of entries with erasures
 */
export async function eraseFromAudit(
  api: TestApp,
  { tenantId, id: userId }: Pick<TestUser, 'tenantId' | 'id'>,
  email: string,
  until = new Date(),
): Promise<number> {
  await api.db.system.formerAddress.create({ data: { tenantId, userId, email, until } });
  const addresses = await formerAddressesOf(api.db.system, { tenantId, userId });
  return api.asSystem(() => api.app.get(AuditErasure).erasePerson({ tenantId, userId, addresses }));
}

/** Tampers as the owner of the database could: past the trigger that protects audit entries. */
export async function tamper(api: TestApp, sql: string, ...values: unknown[]): Promise<void> {
  await withClient(api.stack.database.urls.owner, async (client) => {
    await client.query('BEGIN; ALTER TABLE audit_logs DISABLE TRIGGER guard_audit_log');
    const { rowCount } = await client.query(sql, values);
    if (!rowCount) throw new Error('nothing was tampered with');
    await client.query('ALTER TABLE audit_logs ENABLE TRIGGER guard_audit_log; COMMIT');
  });
}
