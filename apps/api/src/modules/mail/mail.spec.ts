import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PRODUCTION, startStack, TestApp, type TestStack } from '#test/app';
import { waitingForLocks } from '#test/backends';
import { withLock } from '#test/drills/postgres-locks';
import type { TestTenant } from '#test/factory';
import { TestSmtpServer } from '#test/smtp-server';
import { loadConfig } from '#config/config';
import { Clock } from '#platform/clock';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { queues } from '#platform/queues/queues';
import { CLAIM_MS, MAX_ATTEMPTS, OutboxDelivery, retryDelayMs } from '#modules/outbox/outbox-delivery';
import { OutboxRelay } from '#modules/outbox/outbox-relay';
import { type Mail, MailService } from './mail.service.js';

const invitation = (to: string): Mail => ({
  to,
  template: 'invitation',
  data: {
    tenant: 'Acme <script>',
    inviter: 'Ada\r\nBcc: everybody@example.test',
    role: 'member',
    url: 'https://app.example.test/accept-invitation#token=civ_secret',
    expires_at: '2026-11-29T08:00:00.000Z',
  },
});

let stack: TestStack;
let api: TestApp;
let smtp: TestSmtpServer;
let worker: INestApplicationContext;
let tenant: TestTenant;
const startWorker = async (env: NodeJS.ProcessEnv) => {
  const config = loadConfig({ ...stack.env, ...env });
  return NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    logger: processLogger(config),
    abortOnError: false,
  });
};
beforeAll(async () => {
  [stack, smtp] = await Promise.all([startStack(), new TestSmtpServer().start()]);
  api = await TestApp.start(stack);
  worker = await startWorker({ SMTP_URL: smtp.url, MAIL_FROM: 'CODITECT <licenses@example.test>' });
  tenant = await api.factory.tenant();
});
afterAll(async () => {
  await worker.close();
  await smtp.stop();
  await api.stop();
  await stack.stop();
});
beforeEach(() => {
  smtp.mood = 'takes';
  smtp.mails.length = 0;
  smtp.offered = 0;
});

const send = (mail: Mail) => api.db.systemTx(async (tx) => new MailService().send(tx, tenant.id, mail));
const messageTo = (to: string) =>
  api.db.system.outboxMessage.findFirstOrThrow({
    where: { tenantId: tenant.id, payload: { path: ['to'], equals: to } },
  });
const row = (id: string) =>
  api.db.system.outboxMessage.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.id, id } } });
const sentTo = () =>
  smtp.mails.map(({ to }) =>
    [to]
      .flat()
      .map((address) => address?.text)
      .join(),
  );
const expectSent = (count: number) => expect.poll(() => smtp.mails.length, { timeout: 15_000 }).toBe(count);

describe('given a mail written by a use case, when its transaction commits', () => {
  it('then the worker sends it as text and HTML, with markup and header characters escaped', async () => {
    await send(invitation('grace@example.test'));
    await expectSent(1);
    const [mail] = smtp.mails;
    expect(mail).toMatchObject({ subject: 'Join "Acme <script>" on CODITECT' });
    expect(mail!.from?.text).toBe('"CODITECT" <licenses@example.test>');
    expect(mail!.headers.get('bcc')).toBeUndefined();
    expect(mail!.text).toContain('https://app.example.test/accept-invitation#token=civ_secret');
    expect(mail!.html).toContain('href="https://app.example.test/accept-invitation#token=civ_secret"');
    expect(mail!.html).not.toContain('<script>');
    expect(mail!.text).toContain('"Ada Bcc: everybody@example.test" invites you to join "Acme <script>" as member.');
  });

  it('then the link, which is a credential, is deleted after sending', async () => {
    await send(invitation('heidi@example.test'));
    const { id } = await messageTo('heidi@example.test');
    await expectSent(1);
    await expect.poll(async () => (await row(id)).publishedAt).not.toBeNull();
    expect((await row(id)).payload).toEqual({ sent: true });
  });
});

describe('given a mail in a transaction that fails', () => {
  it('then it is never sent', async () => {
    const failing = api.db.systemTx(async (tx) => {
      await new MailService().send(tx, tenant.id, invitation('nobody@example.test'));
      throw new Error('the use case failed');
    });
    await expect(failing).rejects.toThrow('the use case failed');
    await send(invitation('ivan@example.test'));
    await expectSent(1);
    expect(smtp.mails[0]!.to).toMatchObject({ text: 'ivan@example.test' });
  });
});

describe('when the mail server refuses a mail', () => {
  it('then it is tried again with growing waits, and sent with the same message id', async () => {
    smtp.mood = 'refuses';
    await send(invitation('judy@example.test'));
    const { id } = await messageTo('judy@example.test');
    await expect.poll(async () => (await row(id)).lastError, { timeout: 15_000 }).toContain('451');
    expect(await row(id)).toMatchObject({ attempts: 1, publishedAt: null });
    smtp.mood = 'takes';
    worker.get(Clock).offsetMs += retryDelayMs(1);
    await expectSent(1);
    expect(smtp.mails[0]!.messageId).toBe(`<${id}@licenses.test>`);
    worker.get(Clock).offsetMs = 0;
  });

  it('then the wait doubles from 5 seconds up to 6 hours, and it is given up after two days', async () => {
    expect([1, 2, 3, 12, 13, 18].map(retryDelayMs)).toEqual([
      5_000, 10_000, 20_000, 10_240_000, 20_480_000, 21_600_000,
    ]);
    smtp.mood = 'refuses';
    await send(invitation('mallory@example.test'));
    const { id } = await messageTo('mallory@example.test');
    await api.db.system.outboxMessage.update({
      where: { tenantId_id: { tenantId: tenant.id, id } },
      data: { attempts: MAX_ATTEMPTS - 1 },
    });
    await expect.poll(async () => (await row(id)).deadAt, { timeout: 15_000 }).not.toBeNull();
    expect(await worker.get(OutboxDelivery).deliver({ tenantId: tenant.id, id })).toBe('taken');
  });

  it('then it is also given up if its worker died in each attempt', async () => {
    smtp.mood = 'takes';
    const before = smtp.offered;
    await api.db.systemTx(async (db) => {
      await new MailService().send(db, tenant.id, invitation('trent@example.test'));
      await db.outboxMessage.updateMany({
        where: { tenantId: tenant.id, payload: { path: ['to'], equals: 'trent@example.test' } },
        data: { attempts: MAX_ATTEMPTS },
      });
    });
    const { id } = await messageTo('trent@example.test');
    await expect.poll(async () => (await row(id)).deadAt, { timeout: 15_000 }).not.toBeNull();
    expect(await row(id)).toMatchObject({ lastError: 'the workers that tried have died' });
    expect(smtp.offered).toBe(before);
  });
});

describe('a message delivered several times', () => {
  it('is handled once by jobs that run concurrently', async () => {
    smtp.mood = 'holds';
    await send(invitation('niaj@example.test'));
    const { id } = await messageTo('niaj@example.test');
    await expect.poll(() => smtp.offered, { timeout: 15_000 }).toBe(1);
    const again = await Promise.all(
      [1, 2, 3].map(() => worker.get(OutboxDelivery).deliver({ tenantId: tenant.id, id })),
    );
    expect(again).toEqual(['taken', 'taken', 'taken']);
    expect(smtp.offered).toBe(1);
    smtp.letGo();
  });

  it('is not taken over while its worker is alive, however long it takes', async () => {
    const delivery = worker.get(OutboxDelivery);
    delivery.renewEveryMs = 20;
    smtp.mood = 'holds';
    await send(invitation('rupert@example.test'));
    const { id } = await messageTo('rupert@example.test');
    await expect.poll(() => smtp.offered, { timeout: 15_000 }).toBe(1);
    const now = () => worker.get(Clock).now();
    for (let i = 0; i < 2; i += 1) {
      worker.get(Clock).offsetMs += CLAIM_MS - 5_000;
      await expect.poll(async () => (await row(id)).availableAt.getTime() - now().getTime()).toBeGreaterThan(10_000);
    }
    expect(await delivery.deliver({ tenantId: tenant.id, id })).toBe('taken');
    smtp.letGo();
    await expect.poll(async () => (await row(id)).lastError).toContain('451');
    const { attempts, availableAt } = await row(id);
    expect(attempts).toBe(1);
    expect(availableAt.getTime() - now().getTime()).toBeLessThanOrEqual(retryDelayMs(1));
    worker.get(Clock).offsetMs = 0;
  });

  it('is found again if Redis has lost its job', async () => {
    await worker.get(OutboxRelay).onModuleDestroy(); // from now on it does not look for messages by itself
    await send(invitation('olivia@example.test'));
    await worker.get(OutboxRelay).relay();
    await api.redis.flushall();
    await worker.get(OutboxRelay).relay();
    await expectSent(1);
    worker.get(OutboxRelay).onApplicationBootstrap();
  });

  it('is not lost if its topic has no handler: it waits for a worker that has one', async () => {
    const { id } = await api.db.system.outboxMessage.create({
      data: { tenantId: tenant.id, topic: 'of-a-newer-release', payload: {} },
    });
    await expect.poll(async () => (await row(id)).lastError, { timeout: 15_000 }).toContain('has no handler');
    expect((await row(id)).publishedAt).toBeNull();
  });
});

describe('given more data exports than a worker makes at once', () => {
  it('then a mail does not wait for them', async () => {
    const owners: TestTenant['owner'][] = [];
    for (let i = 0; i < 10; i += 1) owners.push((await api.factory.tenant()).owner);
    await withLock(stack, ['LOCK TABLE machines IN ACCESS EXCLUSIVE MODE'], async () => {
      for (const { accessToken } of owners) await api.post('tenant/exports', {}, accessToken).expect(202);
      const making = () => waitingForLocks(api, 'license_app');
      await expect.poll(making).toBeGreaterThanOrEqual(queues['data-exports'].concurrency);
      await send(invitation('victor@example.test'));
      await expect.poll(sentTo, { timeout: 15_000 }).toContain('victor@example.test');
      expect(await making()).toBe(queues['data-exports'].concurrency);
    });
    const tenantId = { in: owners.map((owner) => owner.tenantId) };
    const done = { tenantId, publishedAt: { not: null } }; // the exports, and the mails about them
    await expect
      .poll(() => api.db.system.outboxMessage.count({ where: done }), { timeout: 20_000 })
      .toBe(2 * owners.length);
  });
});

describe('without an SMTP server', () => {
  it('then each mail becomes a file that only its owner can read', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'mail-'));
    await worker.close();
    worker = await startWorker({ MAIL_DIR: dir });
    await send(invitation('peggy@example.test'));
    await expect.poll(async () => (await readdir(dir)).length, { timeout: 15_000 }).toBe(2);
    const file = (await readdir(dir)).find((name) => name.endsWith('.eml'));
    expect((await simpleParser(await readFile(path.join(dir, file!)))).subject).toBe(
      'Join "Acme <script>" on CODITECT',
    );
    for (const name of await readdir(dir)) expect((await stat(path.join(dir, name))).mode & 0o077).toBe(0);
    await rm(dir, { recursive: true });
  });

  it('then production does not start', async () => {
    const production = { ...stack.env, ...PRODUCTION };
    const { MailDelivery } = await import('./mail-delivery.js');
    const { OutboxHandlers } = await import('#modules/outbox/outbox-handlers');
    const { MailFiles } = await import('./mail-files.js');
    const config = loadConfig(production);
    expect(() => new MailDelivery(config, new OutboxHandlers(), new MailFiles(config))).toThrow('SMTP_URL');
  });
});
