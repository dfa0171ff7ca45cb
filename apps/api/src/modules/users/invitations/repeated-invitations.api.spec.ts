import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { invitationCalls, newEmail, statusesOf } from '#test/invitation-calls';
import { mailsTo } from '#test/mails';

const DAY_S = 24 * 3600;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});
afterAll(() => api.stop());

const { invite, invited, resend, revoke, open, rowsFor, lastToken, later } = invitationCalls(
  () => api,
  () => tenant,
);

describe('when an invitation is sent again', () => {
  it('then it has a new link with a whole lifetime, and the old link is invalid', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    const oldToken = await lastToken(email);
    await later(3 * DAY_S);
    const { body } = await resend(id).expect(200);
    expect(Date.parse(body.expires_at as string) - api.clock.now().getTime()).toBeGreaterThan((7 * DAY_S - 30) * 1000);
    await open(oldToken).expect(410);
    await open(await lastToken(email)).expect(200);
    expect(await mailsTo(api, email)).toHaveLength(2);
    expect(await api.auditOf(id, 'invitation.resent')).toMatchObject([{ after: { expires_at: body.expires_at } }]);
  });

  it('then an expired one is valid again', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    await later(8 * DAY_S);
    await open(await lastToken(email)).expect(410);
    expect((await resend(id).expect(200)).body.status).toBe('pending');
    await open(await lastToken(email)).expect(200);
  });

  it('then only once a minute: 429 tells how long to wait', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    const { body, headers } = await resend(id).expect(429);
    expect(body.code).toBe('rate_limited');
    expect(Number(headers['retry-after'])).toBeGreaterThan(50);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    api.advance(60);
    const answers = await Promise.all(Array.from({ length: 5 }, async () => resend(id)));
    expect(statusesOf(answers)).toEqual([200, 429, 429, 429, 429]);
    expect(await mailsTo(api, email)).toHaveLength(2);
  });

  it('after it was revoked, then that is refused: 409', async () => {
    const { id } = await invited(newEmail());
    await revoke(id).expect(204);
    expect((await resend(id).expect(409)).body.code).toBe('invitation_not_open');
  });
});

describe('limits protect mailboxes', () => {
  it('an address is invited once a minute at most, even if the invitation was revoked meanwhile: 429', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    const again = async () => invite({ email, role: 'viewer' });
    const { status, body, headers } = await again();
    expect({ status, ...(body as object) }).toMatchObject({ status: 429, code: 'rate_limited', emails: [email] });
    expect(body.detail).toContain(email);
    expect(Number(headers['retry-after'])).toBeGreaterThan(50);
    await revoke(id).expect(204);
    expect((await again()).status).toBe(429);
    api.advance(61);
    expect((await again()).status).toBe(201);
    expect(await mailsTo(api, email)).toHaveLength(2);
  });

  it('none of several is invited if one was invited just before, and that invitation stays', async () => {
    const [email, other] = [newEmail(), newEmail()];
    const { id } = await invited(email);
    const invitations = [other, email].map((to) => ({ email: to, role: 'member' }));
    expect((await invite({ invitations }).expect(429)).body.emails).toEqual([email]);
    expect(await rowsFor(other)).toEqual([]);
    expect(await rowsFor(email)).toMatchObject([{ id, revokedAt: null }]);
  });

  it('an organization sends 200 an hour, repeated ones included: 429', async () => {
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { planTier: 'enterprise' } });
    const first = await invited(newEmail());
    await later(600);
    await resend(first.id).expect(200);
    const several = (count: number) => Array.from({ length: count }, () => ({ email: newEmail(), role: 'member' }));
    for (const count of [50, 50, 50, 47]) await invite({ invitations: several(count) }).expect(201);
    expect((await invite({ invitations: several(2) }).expect(429)).body.code).toBe('rate_limited');
    await invited(newEmail());
    const { headers } = await invite(several(1)[0]!).expect(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(2_900);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(3_000);
    await later(61);
    await resend(first.id).expect(429);
    await later(3_000);
    await invited(newEmail());
  });
});
