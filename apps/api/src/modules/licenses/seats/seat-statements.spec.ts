import { randomBytes, randomUUID } from 'node:crypto';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { describe, expect, it } from 'vitest';
import { type Actor, requestStore } from '#platform/request-context';
import { byCallerOrHolder } from '../session-ends/session-audit.js';
import { endLease, extendLease, readSession } from '../sessions/seat-lease.statements.js';
import { grantStatements, updateFingerprint } from './seat-grant.statements.js';

const id = randomUUID();
const now = new Date();
const sqlNow = Prisma.sql`(clock_timestamp() + ${0})`;
const actors: (Actor | undefined)[] = [undefined, { type: 'user', id, userId: id }, { type: 'staff', id }];
const license = { tenantId: id, licenseId: id };
const target = { ...license, sessionId: id };

function grants(seatNo: number | undefined, lapsedBefore: Date | null) {
  return grantStatements({
    ...license,
    userId: id,
    machineId: id,
    hardwareFingerprint: seatNo === undefined ? undefined : { cpu: 'x' },
    sessionId: id,
    seatNo,
    tokenSalt: randomBytes(16),
    tokenHash: randomBytes(32),
    now,
    leaseEnd: now,
    endsAt: now,
    lapsed: seatNo === undefined ? [] : [id],
    lapsedBefore,
    exclusive: seatNo === undefined,
    machineRowId: id,
    auditId: id,
    origin: byCallerOrHolder(),
  });
}

/** Every statement of the hot path, by the given actor. */
function statements(actor: Actor | undefined) {
  return requestStore.run({ tenantId: id, requestId: id, ...(actor && { actor, ip: '127.0.0.1' }) }, () => [
    ...grants(1, null),
    ...grants(undefined, now),
    updateFingerprint({ ...license, machineId: id, hardwareFingerprint: {} }),
    ...[null, randomBytes(32)].flatMap((tokenHash) => [
      extendLease({ ...target, tokenHash }, sqlNow),
      endLease({ ...target, tokenHash }, 'released', sqlNow),
      endLease({ ...target, tokenHash }, 'revoked', sqlNow),
      readSession({ ...target, tokenHash }),
    ]),
  ]);
}

describe('the statements of the hot path', () => {
  it('have one text for each name: Postgres plans a name once', () => {
    const texts = new Map<string, Set<string>>();
    for (const { name, text } of actors.flatMap(statements))
      texts.set(name!, (texts.get(name!) ?? new Set()).add(text));
    expect(texts.size).toBe(11);
    expect([...texts].filter(([, { size }]) => size !== 1)).toEqual([]);
  });

  it('contain no value in their text', () => {
    for (const { text } of actors.flatMap(statements)) expect(text).not.toContain(id);
  });
});
