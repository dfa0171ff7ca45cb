import { randomBytes } from 'node:crypto';
import type { License, User } from '@coditect/db/generated/prisma/client';
import type { TestApp } from './app.js';
import { newMachine, type TestUser } from './factory.js';

export interface PastSession {
  user: User;
  start: Date;
  /** The end of an ended session. Without it, the session is active until `leaseEnd`. */
  end?: Date;
  leaseEnd?: Date;
  machineId?: string;
}

/** Writes rows of past license sessions, without the API. The seat number is the position in the list. */
export async function pastSessions(api: TestApp, license: License, sessions: PastSession[]): Promise<void> {
  const { tenantId, id: licenseId } = license;
  const rows = sessions.map((session) => ({ machineId: newMachine(), ...session }));
  await api.db.system.machine.createMany({
    data: rows.map(({ machineId }) => ({ tenantId, machineId })),
    skipDuplicates: true,
  });
  const secret = () => Uint8Array.from(randomBytes(32));
  await api.db.system.licenseSession.createMany({
    data: rows.map(({ user, machineId, start, end, leaseEnd = end ?? start }, i) => ({
      tenantId,
      licenseId,
      userId: user.id,
      machineId,
      seatNo: i + 1,
      tokenSalt: secret(),
      tokenHash: secret(),
      startedAt: start,
      lastHeartbeatAt: start,
      leaseExpiresAt: leaseEnd,
      expiresAt: leaseEnd,
      ...(end ? { status: 'released' as const, endedAt: end, endReason: 'released' } : {}),
    })),
  });
}

export async function pastDenials(
  api: TestApp,
  { tenantId, id }: Pick<License, 'tenantId'> & { id: string | null },
  denials: { user: Pick<User, 'id'>; at: Date; reason?: string }[],
): Promise<void> {
  await api.db.system.denial.createMany({
    data: denials.map(({ user, at, reason = 'no_seats_available' }) => ({
      tenantId,
      licenseId: id,
      userId: user.id,
      machineId: newMachine(),
      reason,
      occurredAt: at,
    })),
  });
}

/** Returns the response of `GET analytics/…` to a user with the permission. */
export async function readAnalytics<T>(api: TestApp, route: string, query: object, user: TestUser): Promise<T> {
  const { body } = await api.get(`analytics/${route}?${searchOf(query)}`, user.accessToken).expect(200);
  return body as T;
}

/** Returns the refusal of a wrong query. */
export async function refusedAnalytics(api: TestApp, route: string, query: object, user: TestUser): Promise<object> {
  const { body } = await api.get(`analytics/${route}?${searchOf(query)}`, user.accessToken);
  return body as object;
}

export function searchOf(query: object): string {
  return new URLSearchParams({ ...query } as Record<string, string>).toString();
}
