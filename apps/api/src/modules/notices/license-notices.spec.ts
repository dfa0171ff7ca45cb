import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import type { TestTenant } from '#test/factory';
import { mailsTo } from '#test/mails';
import { loadConfig } from '#config/config';
import { Clock } from '#platform/clock';
import { processLogger } from '#platform/observability/process';
import { NoticesModule } from './notices.module.js';
import { PlatformModule } from '#platform/platform.module';
import { renderMail } from '#modules/mail/mail-templates';
import { LicenseNotices } from './license-notices.js';

const DAY_MS = 24 * 3600 * 1000;

let stack: TestStack;
let api: TestApp;
let background: INestApplicationContext;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  const config = loadConfig({ ...stack.env, DASHBOARD_URL: 'https://app.example.test' });
  // No worker runs: its relay would take the mails out of the outbox.
  const module = { module: class Background {}, imports: [PlatformModule.forRoot(config), NoticesModule] };
  background = await NestFactory.createApplicationContext(module, { logger: processLogger(config) });
});
afterAll(async () => {
  await background.close();
  await api.stop();
  await stack.stop();
});
afterEach(() => {
  background.get(Clock).offsetMs = 0;
});

const run = () => background.get(LicenseNotices).run();
const pass = (days: number) => (background.get(Clock).offsetMs += days * DAY_MS);
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const subjectsTo = async ({ email }: { email: string }) =>
  (await mailsTo(api, email)).map((mail) => renderMail(mail).subject);
const kinds = async ({ license }: TestTenant) =>
  (await api.db.system.notice.findMany({ where: { licenseId: license.id }, orderBy: { id: 'asc' } })).map(
    ({ kind }) => kind,
  );

describe('a license that ends', () => {
  it('has one notice 30, 7 and 1 days before, to owners and admins only', async () => {
    const tenant = await api.factory.tenant({ validUntil: inDays(31) });
    await run();
    expect(await kinds(tenant)).toEqual([]);
    const expected: string[] = [];
    for (const [days, kind] of [
      [1.5, 'license_expires_in_30_days'],
      [23, 'license_expires_in_7_days'],
      [6, 'license_expires_in_1_days'],
    ] as const) {
      pass(days);
      await run();
      await run();
      expected.push(kind);
      expect(await kinds(tenant)).toEqual(expected);
    }
    pass(1);
    await run();
    expect(await kinds(tenant)).toEqual(expected);
    const day = tenant.license.validUntil!.toISOString().slice(0, 10);
    const subject = `A license of "${tenant.slug}" ends on ${day}`;
    for (const told of [tenant.owner, tenant.admin])
      expect(await subjectsTo(told)).toEqual([subject, subject, subject]);
    for (const other of [tenant.member, tenant.viewer]) expect(await subjectsTo(other)).toEqual([]);
    const [mail] = await mailsTo(api, tenant.owner.email);
    expect(renderMail(mail!).text).toContain(`https://app.example.test/licenses/${tenant.license.id}`);
  });

  it('has one notice even with two workers at once, and only for the closest day', async () => {
    const tenant = await api.factory.tenant({ validUntil: inDays(0.5) });
    await Promise.all([run(), run(), run()]);
    expect(await kinds(tenant)).toEqual(['license_expires_in_1_days']);
    expect(await subjectsTo(tenant.owner)).toHaveLength(1);
  });

  it('has notices again after it was renewed', async () => {
    const tenant = await api.factory.tenant({ validUntil: inDays(5) });
    await run();
    await api.db.system.license.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.license.id } },
      data: { validUntil: inDays(20) },
    });
    await run();
    expect(await kinds(tenant)).toEqual(['license_expires_in_7_days', 'license_expires_in_30_days']);
  });

  it('has no notice if it or its organization is suspended, and none to disabled users', async () => {
    const suspended = await api.factory.tenant({ validUntil: inDays(5), status: 'suspended' });
    const suspendedTenant = await api.factory.tenant({ validUntil: inDays(5) });
    await api.db.system.tenant.update({ where: { id: suspendedTenant.id }, data: { status: 'suspended' } });
    const tenant = await api.factory.tenant({ validUntil: inDays(5) });
    await api.db.system.user.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.admin.id } },
      data: { status: 'disabled' },
    });
    await run();
    expect([await kinds(suspended), await kinds(suspendedTenant)]).toEqual([[], []]);
    expect([await subjectsTo(tenant.owner), await subjectsTo(tenant.admin)]).toMatchObject([{ length: 1 }, []]);
  });
});

describe('a license with nine of ten seats in use', () => {
  it('has at most one notice a day', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 10, leaseSeconds: 3600 });
    for (let i = 0; i < 8; i += 1) await api.takeSeat(tenant.member);
    await run();
    expect(await kinds(tenant)).toEqual([]);
    await api.takeSeat(tenant.member);
    await run();
    await run();
    expect(await subjectsTo(tenant.owner)).toEqual([`9 of 10 seats of "${tenant.slug}" are in use`]);
    await api.db.system.licenseSession.updateMany({
      where: { licenseId: tenant.license.id },
      data: { leaseExpiresAt: inDays(2), expiresAt: inDays(2) },
    });
    pass(1);
    await run();
    expect(await kinds(tenant)).toEqual(['seats_nearly_full', 'seats_nearly_full']);
  });

  it('has no notice if its sessions have lapsed, or if it has a single seat', async () => {
    const lapsed = await api.factory.tenant({ seatsTotal: 2 });
    for (let i = 0; i < 2; i += 1) await api.takeSeat(lapsed.member);
    const single = await api.factory.tenant({ seatsTotal: 1, leaseSeconds: 3600 });
    await api.takeSeat(single.member);
    background.get(Clock).offsetMs = 600_000;
    await run();
    expect([await kinds(lapsed), await kinds(single)]).toEqual([[], []]);
  });
});

it('the mail about a failed payment says what to do', () => {
  const { subject, text, html } = renderMail({
    to: 'ada@acme.example',
    template: 'payment_failed',
    data: { tenant: 'Acme <b>', at: '2026-11-22T09:30:00.000Z', url: 'https://app.example.test/billing' },
  });
  expect(subject).toBe('A payment for "Acme <b>" has failed');
  expect(text).toContain('https://app.example.test/billing');
  expect(html).not.toContain('<b>');
});
