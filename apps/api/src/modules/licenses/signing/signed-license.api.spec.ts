import { createHash } from 'node:crypto';
import { LicenseVerificationError } from '@coditect/signed-license/license-verification-error';
import { verifyLicense } from '@coditect/signed-license/verify';
import type { JSONWebKeySet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant({
    seatsTotal: 10,
    leaseSeconds: 240,
    sessionSeconds: 7200,
    planTier: 'enterprise',
  });
});

const fetchJwks = async () => (await api.http().get('/.well-known/jwks.json').expect(200)).body as JSONWebKeySet;
const seconds = (timestamp: string) => Math.floor(Date.parse(timestamp) / 1000);
const issuer = 'http://licenses.test';

describe('the signed license of a grant', () => {
  it('verifies offline against the published keys, and contains the grant', async () => {
    const machine = newMachine();
    const seat = await api.takeSeat(tenant.member, { machine_id: machine });
    const payload = await verifyLicense(seat.signed_license, { jwks: await fetchJwks(), issuer, machineId: machine });
    expect(payload).toEqual({
      session_id: seat.session_id,
      license_id: tenant.license.id,
      user_id: tenant.member.id,
      tenant_id: tenant.id,
      machine_id: machine,
      plan_tier: 'enterprise',
      features: ['editor', 'agents'],
      seat_no: seat.seat_no,
      iat: expect.any(Number),
      exp: seconds(seat.expires_at),
      lease_seconds: 240,
      iss: issuer,
    });
    expect(Math.abs(payload.iat - Date.now() / 1000)).toBeLessThan(10);
  });

  it('verifies from its token alone as well', async () => {
    const { signed_license, session_id } = await api.takeSeat(tenant.member);
    const payload = await verifyLicense(signed_license.token, { jwks: await fetchJwks(), issuer });
    expect(payload.session_id).toBe(session_id);
  });

  it('contains a SHA-256 machine id in lower case', async () => {
    const machine = createHash('sha256').update(newMachine()).digest('hex');
    const { signed_license } = await api.takeSeat(tenant.member, { machine_id: machine.toUpperCase() });
    const jwks = await fetchJwks();
    await expect(verifyLicense(signed_license, { jwks, issuer, machineId: machine })).resolves.toBeDefined();
  });

  it('is invalid from the session end on, and not before', async () => {
    const { signed_license, expires_at } = await api.takeSeat(tenant.member);
    const at = (now: number) => ({ issuer, now: () => now, clockToleranceSeconds: 0 });
    const jwks = await fetchJwks();
    await expect(verifyLicense(signed_license, { jwks, ...at(seconds(expires_at) - 1) })).resolves.toBeDefined();
    await expect(verifyLicense(signed_license, { jwks, ...at(seconds(expires_at)) })).rejects.toMatchObject({
      code: 'expired',
    });
  });

  it('is invalid for another machine, from another issuer, or changed', async () => {
    const { signed_license } = await api.takeSeat(tenant.member);
    const jwks = await fetchJwks();
    const changed = { ...signed_license, payload: { ...signed_license.payload, seat_no: 99 } };
    for (const [license, options] of [
      [signed_license, { jwks, issuer, machineId: newMachine() }],
      [signed_license, { jwks, issuer: 'http://elsewhere.test' }],
      [changed, { jwks, issuer }],
    ] as const)
      await expect(verifyLicense(license, options)).rejects.toThrow(LicenseVerificationError);
  });

  it('is signed again for a holder that acquires again, and contains the same grant', async () => {
    const request = { machine_id: newMachine() };
    const first = await api.takeSeat(tenant.member, request);
    const { body } = await api.post('licenses/acquire', request, tenant.member.accessToken).expect(200);
    const { iat: _then, ...granted } = first.signed_license.payload;
    const { iat: _now, ...again } = await verifyLicense(body.signed_license, { jwks: await fetchJwks(), issuer });
    expect(again).toEqual(granted);
  });
});

describe('the signed license of a license session', () => {
  const read = (id: string, token: string) => api.get(`license-sessions/${id}/signed-license`, token);

  it('can be read by its holder, verifies, and contains the same grant', async () => {
    const seat = await api.takeSeat(tenant.member);
    const { body } = await read(seat.session_id, tenant.member.accessToken).expect(200);
    const payload = await verifyLicense(body, { jwks: await fetchJwks(), issuer });
    expect({ ...payload, iat: 0 }).toEqual({ ...seat.signed_license.payload, iat: 0 });
  });

  it('can be read only by users with permission to read the session', async () => {
    const { session_id } = await api.takeSeat(tenant.owner);
    await read(session_id, tenant.viewer.accessToken).expect(200);
    const { body } = await read(session_id, tenant.member.accessToken).expect(404);
    expect(body).toMatchObject({ code: 'session_not_found' });
    const stranger = (await api.factory.tenant()).owner;
    await read(session_id, stranger.accessToken).expect(404);
  });

  it('is refused once the seat is given back, has lapsed, or its license grants none', async () => {
    const released = await api.takeSeat(tenant.member);
    await api.release(released.session_token).expect(200);
    expect((await read(released.session_id, tenant.member.accessToken).expect(410)).body.code).toBe('lease_lost');

    const lapsed = await api.takeSeat(tenant.member);
    await api.db.system.licenseSession.updateMany({
      where: { id: lapsed.session_id },
      data: { leaseExpiresAt: api.clock.now() },
    });
    expect((await read(lapsed.session_id, tenant.member.accessToken).expect(410)).body.code).toBe('lease_lost');

    const other = await api.factory.tenant();
    const held = await api.takeSeat(other.member);
    await api.db.system.license.updateMany({
      where: { id: other.license.id },
      data: { validUntil: api.clock.now() },
    });
    expect((await read(held.session_id, other.member.accessToken).expect(403)).body.code).toBe('license_expired');
  });
});

describe('the published keys', () => {
  it('are public parts only, of RSA-4096 keys for RS256', async () => {
    const { keys } = await fetchJwks();
    expect(keys.length).toBeGreaterThanOrEqual(1);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', kid: expect.any(String) });
      expect(Buffer.from(key.n!, 'base64url')).toHaveLength(512);
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(secret);
    }
  });

  it('can be fetched without an account, cached for some minutes, and read by any JOSE library', async () => {
    const { headers } = await api.http().get('/.well-known/jwks.json').expect(200);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['content-type']).toMatch(/^application\/jwk-set\+json/);
  });

  it('include the key that signs', async () => {
    const { signed_license } = await api.takeSeat(tenant.member);
    expect((await fetchJwks()).keys.map(({ kid }) => kid)).toContain(signed_license.key_id);
    expect(signed_license.algorithm).toBe('RSA_SIGN_PKCS1_4096_SHA256');
  });
});
