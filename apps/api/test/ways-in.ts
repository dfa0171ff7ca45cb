import { randomBytes } from 'node:crypto';
import type { TestApp } from './app.js';
import type { TestUser } from './factory.js';

/** Gives a user every kind of credential. */
export async function giveWaysIn(api: TestApp, { id: userId, tenantId, loginId, email }: TestUser) {
  const of = { tenantId, userId };
  const soon = new Date(api.clock.now().getTime() + 3_600_000);
  await api.db.system.user.update({
    where: { tenantId_id: { tenantId, id: userId } },
    data: {
      passwordHash: 'a hash',
      emailVerifiedAt: new Date(),
      totpSecret: randomBytes(20),
      totpEnabledAt: new Date(),
    },
  });
  await api.db.system.identity.create({ data: { ...of, provider: 'github', subject: userId, email } });
  await api.db.system.recoveryCode.create({ data: { ...of, codeHash: randomBytes(32) } });
  await api.db.system.oneTimeToken.create({
    data: { ...of, purpose: 'password_reset', email, tokenHash: randomBytes(32), expiresAt: soon },
  });
  await api.db.system.refreshToken.create({
    data: {
      ...of,
      familyId: loginId,
      tokenHash: randomBytes(32),
      expiresAt: soon,
      ip: '192.0.2.7',
      userAgent: 'a phone',
    },
  });
}
