import type { Job } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { MailService } from '#modules/mail/mail.service';
import type { TestApp } from '../app.js';
import { writeEntries } from '../audit-entries.js';
import { DataExports } from '../data-exports.js';
import type { TestTenant } from '../factory.js';
import { mailsTo } from '../mails.js';
import type { TestSmtpServer } from '../smtp-server.js';
import { eventually } from './eventually.js';
import { withLock } from './postgres-locks.js';
import { outcomes, WITHIN_MS, WorkerDrill } from './worker-drill.js';

let drill: WorkerDrill;
let api: TestApp;
let smtp: TestSmtpServer;
let tenant: TestTenant;
beforeAll(async () => {
  drill = await WorkerDrill.start();
  ({ api, smtp } = drill);
});
afterAll(() => drill.stop());
beforeEach(async () => {
  if (!drill.worker.running) await drill.startWorker(); // so that a failed test does not make others fail
  smtp.mood = 'takes';
  tenant = await api.factory.tenant({ seatsTotal: 10, leaseSeconds: 300, validFrom: new Date(0) });
});

/** Acquires seats some time ago, by the clocks of ledger and Postgres. */
async function seatsTakenAgo(seconds: number, count: number) {
  api.clock.offsetMs = -seconds * 1000;
  try {
    const seats = [];
    for (let i = 0; i < count; i += 1) seats.push(await api.takeSeat(tenant.member));
    return seats;
  } finally {
    api.clock.offsetMs = 0;
  }
}

describe('given lapsed license sessions, when the worker is killed while it records them', () => {
  it.each(outcomes)('and Postgres %s, then each is recorded once, and its holder is told', async (outcome) => {
    const seats = await seatsTakenAgo(3600, 5);
    const job = await drill.killWriting('audit_logs', 'OF s SKIP LOCKED', outcome, () =>
      drill.begin('maintenance', 'session-cleanup'),
    );
    await drill.takeOver('maintenance');
    await drill.untilCompleted('maintenance', job);
    for (const seat of seats) {
      expect(await api.row(seat)).toMatchObject({ status: 'expired', endReason: 'lease_expired' });
      expect(await api.auditOf(seat.session_id, 'license_session.expired')).toHaveLength(1);
      await api.heartbeat(seat.session_token).expect(410);
    }
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });
});

describe('given a mail, when the worker is killed while the mail server has it', () => {
  beforeEach(() => {
    smtp.mails.length = 0;
    smtp.offered = 0;
  });

  it.each([
    ['holds', 'and the server did not take it, then another worker sends it', 1],
    ['takes silently', 'and the server accepted it, then another worker sends it again with the same Message-ID', 2],
  ] as const)('%s: %s', async (mood, _, mails) => {
    smtp.mood = mood;
    await sendMail(`${tenant.slug}@example.test`);
    await eventually(async () => expect(smtp.offered).toBe(1), WITHIN_MS);
    await eventually(async () => expect(smtp.mails).toHaveLength(mails - 1));
    await drill.worker.kill();
    smtp.mood = 'takes';
    await drill.takeOver('outbox');
    await eventually(async () => expect(smtp.mails).toHaveLength(mails), WITHIN_MS);
    await eventually(async () => {
      const [row] = await api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id } });
      expect(row).toMatchObject({ attempts: 2, deadAt: null, publishedAt: expect.any(Date) as Date });
    });
    expect(smtp.mails).toHaveLength(mails);
    expect(new Set(smtp.mails.map(({ messageId }) => messageId)).size).toBe(1);
  });
});

describe('given a data export, when the worker is killed while it writes the archive', () => {
  it('then another worker makes it, and it is completed, audited and announced once', async () => {
    const exports = new DataExports(api);
    let id = '';
    await withLock(api.stack, ['LOCK TABLE projects IN ACCESS EXCLUSIVE MODE'], async (lock) => {
      ({ id } = await exports.request(tenant.owner));
      await lock.waiterIn('projects');
      await drill.worker.kill();
      await lock.endWaiters();
    });
    expect(await exports.read(id, tenant.owner)).toMatchObject({ status: 'running' });
    await drill.takeOver('data-exports');
    await eventually(
      async () => expect(await exports.read(id, tenant.owner)).toMatchObject({ status: 'ready' }),
      WITHIN_MS,
    );
    await eventually(async () => {
      const [row] = await api.db.system.outboxMessage.findMany({
        where: { tenantId: tenant.id, topic: 'data_export' },
      });
      expect(row!.publishedAt).not.toBeNull();
    });
    expect((await exports.unpack(id, tenant.owner)).has('manifest.json')).toBe(true);
    expect((await exports.filesOf(tenant.owner)).filter((name) => name.endsWith('.zip'))).toHaveLength(1);
    expect(await api.auditOf(id, 'data_export.completed')).toHaveLength(1);
    const sent = () => smtp.mails.filter(({ text }) => text?.includes(id));
    await eventually(async () => expect(sent()).toHaveLength(1), WITHIN_MS);
    await eventually(async () => expect(await mailsTo(api, tenant.owner.email)).toEqual([])); // none is waiting
  });
});

describe('given audit entries, when the worker is killed while it seals them', () => {
  it.each(['ends with it', 'goes on for a moment'])(
    'and its transaction %s, then another worker seals each once, in one unbroken chain',
    async (outcome) => {
      const turn = `SELECT pg_advisory_xact_lock(hashtextextended('audit_chain:' || $1, 0))`;
      await withLock(api.stack, [turn, tenant.id], async (chain) => {
        await writeEntries(api, tenant.id, [{}, {}, {}]);
        const rows = 'SELECT FROM audit_logs WHERE tenant_id = $1 AND sequence IS NULL FOR UPDATE';
        await withLock(api.stack, [rows, tenant.id], async (entries) => {
          await chain.letGo();
          await entries.waiterIn('UPDATE audit_logs');
          await drill.worker.kill();
          if (outcome === 'ends with it') await entries.endWaiters();
        });
      });
      const unsealed = () => api.db.system.auditLog.count({ where: { tenantId: tenant.id, sequence: null } });
      expect(await unsealed()).toBe(3);
      await drill.takeOver('audit');
      await eventually(async () => expect(await unsealed()).toBe(0), WITHIN_MS);
      const { body } = await api.get('audit-logs/verify', tenant.owner.accessToken).expect(200);
      expect(body).toMatchObject({ valid: true, entries: 3 });
    },
  );
});

describe('given a ledger and Postgres that differ, when the worker is killed while it repairs the ledger', () => {
  it('then another worker repairs the rest, and no other holder has lost a seat', async () => {
    const [missing, ghost, right] = await seatsTakenAgo(60, 3);
    const license = { tenantId: tenant.id, licenseId: tenant.license.id };
    const ledger = api.app.get(SeatLedger);
    await ledger.forget(license, [missing!.session_id]);
    await api.db.systemQuery(
      `UPDATE license_sessions SET status = 'revoked', end_reason = 'revoked', ended_at = now() - interval '10 s'
       WHERE id = $1`,
      [ghost!.session_id],
    );
    const live = async () => [...((await ledger.live(license)) as Map<string, boolean>).keys()].toSorted();
    let job: Job | undefined;
    await withLock(api.stack, ['LOCK TABLE license_sessions IN ACCESS EXCLUSIVE MODE'], async (comparing) => {
      job = await drill.begin('maintenance', 'ledger-reconciliation');
      await comparing.waiterIn('AS settled');
      await withLock(api.stack, ['LOCK TABLE licenses IN ACCESS EXCLUSIVE MODE'], async (healing) => {
        await comparing.letGo();
        await healing.waiterIn('lease_seconds');
        await drill.worker.kill();
        await healing.endWaiters();
      });
    });
    expect(await live()).toEqual([right!.session_id]); // the wrong session is gone, the missing one not back yet
    await drill.takeOver('maintenance');
    await drill.untilCompleted('maintenance', job!);
    expect(await live()).toEqual([missing!.session_id, right!.session_id].toSorted());
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
    for (const seat of [missing!, right!]) await api.heartbeat(seat.session_token).expect(200);
  });
});

describe('given a running job, when its worker is asked to stop', () => {
  it('then it begins no new job, finishes the running one, and exits with 0', async () => {
    const seats = await seatsTakenAgo(3600, 3);
    const jobs: Job[] = [];
    await withLock(api.stack, ['LOCK TABLE audit_logs IN SHARE MODE'], async (lock) => {
      jobs.push(await drill.begin('maintenance', 'session-cleanup'));
      await lock.waiterIn('OF s SKIP LOCKED');
      drill.worker.askToStop();
      await eventually(async () => expect(await drill.queue('outbox').getWorkersCount()).toBe(0));
      jobs.push(await drill.begin('maintenance', 'idempotency-keys'));
      expect(drill.worker.running).toBe(true);
    });
    expect(await drill.worker.ended()).toBe(0);
    expect(await drill.stateOf('maintenance', jobs[0]!)).toBe('completed');
    expect(await drill.stateOf('maintenance', jobs[1]!)).toBe('waiting');
    for (const seat of seats) expect(await api.row(seat)).toMatchObject({ status: 'expired' });
    await drill.startWorker({ WORKER_DRAIN_SECONDS: '1' });
    await drill.untilCompleted('maintenance', jobs[1]!);
  });

  it('and the job exceeds the time limit, then it still exits with 0, and another worker takes over', async () => {
    [smtp.mood, smtp.offered, smtp.mails.length] = ['holds', 0, 0];
    await sendMail(`${tenant.slug}@example.test`);
    await eventually(async () => expect(smtp.offered).toBe(1), WITHIN_MS);
    expect(await drill.worker.stop()).toBe(0);
    [smtp.mood] = ['takes'];
    await drill.takeOver('outbox');
    await eventually(async () => expect(smtp.mails).toHaveLength(1), WITHIN_MS);
  });
});

async function sendMail(to: string): Promise<void> {
  const data = { tenant: 'Acme', url: 'https://app.example.test/', expires_at: '2026-11-29T08:00:00.000Z' };
  await api.db.systemTx((tx) => new MailService().send(tx, tenant.id, { to, template: 'data_export_ready', data }));
}
