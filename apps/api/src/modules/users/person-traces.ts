import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Person } from '#modules/audit/erasure/personal-data';
import { Clock } from '#platform/clock';

/** What tells of a person outside of its own rows and of audit entries. Each step can be done again. */
@Injectable()
export class PersonTraces {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Mails that wait or were given up, devices that the person let in, and the hardware of machines nobody else has used.
   *  Of mails that were sent the outbox has forgotten the address. */
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

  /** Call it after all else has been erased. Exports that are ready expire: their files go with the next cleaning. One in
   *  the making has read what is no longer there: it cannot complete, and the outbox has it made anew. */
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
