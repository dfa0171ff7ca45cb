import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Person } from '#modules/audit/erasure/personal-data';
import { Clock } from '#platform/clock';

/** Personal data outside of the user's own rows and of audit entries. Each step can be repeated. */
@Injectable()
export class PersonTraces {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Erases unsent and failed mails, devices that the person approved, and the hardware fingerprints of machines
   *  that no other user has used. For sent mails, the outbox has already deleted the address. */
  async erase({ tenantId, userId, addresses }: Person): Promise<void> {
    await this.db.systemTx(async (tx) => {
      for (const { email, since, until } of addresses)
        await tx.outboxMessage.deleteMany({
          where: {
            tenantId,
            topic: 'email',
            publishedAt: null,
            createdAt: { lte: until, ...(since && { gt: since }) },
            payload: { path: ['to'], equals: email },
          },
        });
      await tx.deviceAuthorization.deleteMany({ where: { approvedTenantId: tenantId, approvedUserId: userId } });
      await tx.$executeRaw`
        UPDATE machines m SET hardware_fingerprint = NULL
        FROM (
          SELECT machine_id FROM license_sessions WHERE tenant_id = ${tenantId}::uuid
          GROUP BY machine_id HAVING bool_and(user_id = ${userId}::uuid)
        ) AS own
        WHERE m.tenant_id = ${tenantId}::uuid AND m.machine_id = own.machine_id AND m.hardware_fingerprint IS NOT NULL`;
    });
  }

  /** Call it last. Exports that are ready expire, and the next cleanup deletes their files. A running export has
   *  read data that is now erased: it is marked as failed, so it cannot complete, and the outbox starts it again. */
  async withdrawExports(tenantId: string): Promise<void> {
    const now = this.clock.now();
    await this.db.systemTx(async (tx) => {
      await tx.dataExport.updateMany({
        where: { tenantId, status: 'running' },
        data: { status: 'failed', error: 'A person was erased meanwhile. The export is made anew.' },
      });
      await tx.dataExport.updateMany({
        where: { tenantId, status: 'ready', expiresAt: { gt: now } },
        data: { expiresAt: now },
      });
    });
  }
}
