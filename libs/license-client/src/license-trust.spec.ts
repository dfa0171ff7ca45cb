import type { JSONWebKeySet } from 'jose';
import { describe, expect, it } from 'vitest';
import { ISSUER, LicenseIssuer } from '../test/license-issuer.js';
import { LicenseTrust } from './license-trust.js';
import type { SignedLicense } from './wire.js';

const now = () => ({ nowMs: Date.now(), graceSeconds: 0 });
const noServer = () => Promise.reject(new Error('must not be asked'));

/** A trust that fetches the issuer's published keys and counts the fetches. */
function fetching(issuer: LicenseIssuer) {
  const fetched: JSONWebKeySet[] = [];
  const trust = new LicenseTrust({}, async () => {
    fetched.push(issuer.jwks());
    return issuer.jwks();
  });
  return { trust, fetched };
}

describe('LicenseTrust', () => {
  it('fetches keys once, and again only for an unknown key id', async () => {
    const issuer = new LicenseIssuer();
    const { trust, fetched } = fetching(issuer);
    await trust.verify(await issuer.issue(), now());
    await trust.verify(await issuer.issue(), now());
    expect(fetched).toHaveLength(1);
    issuer.rotate();
    await trust.verify(await issuer.issue(), now());
    expect(fetched).toHaveLength(2);
  });

  it('never replaces pinned keys', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    await trust.verify(await issuer.issue(), now());
    issuer.rotate();
    await expect(trust.verify(await issuer.issue(), now())).rejects.toMatchObject({
      name: 'VerificationError',
      code: 'unknown_key',
    });
  });

  it('accepts only the issuer of the first license that verified', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    await trust.verify(await issuer.issue(), now());
    expect(trust.anchor).toEqual({ jwks: issuer.jwks(), issuer: ISSUER });
    const other = await issuer.issue({ iss: 'https://elsewhere.test' });
    await expect(trust.verify(other, now())).rejects.toMatchObject({ code: 'wrong_issuer' });
  });

  it('accepts only the given issuer', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks(), issuer: 'https://elsewhere.test' }, noServer);
    await expect(trust.verify(await issuer.issue(), now())).rejects.toMatchObject({ code: 'wrong_issuer' });
  });

  it('verifies a bare token like the whole document', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    const license = await issuer.issue({ seat_no: 7 });
    expect(await trust.verifyOffline(license.token, now())).toMatchObject({ seat_no: 7 });
  });

  it.each([
    ['a changed document', 'payload_mismatch', (license: SignedLicense) => ({ ...license, signature: 'AAAA' })],
    ['a token that is not a JWS', 'malformed', (license: SignedLicense) => ({ ...license, token: 'not a token' })],
  ])('refuses %s', async (_name, code, change) => {
    const issuer = new LicenseIssuer();
    const changed = change(await issuer.issue());
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    await expect(trust.verifyOffline(changed, now())).rejects.toMatchObject({ code });
  });

  it('refuses the license of another machine', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    const checks = { ...now(), machineId: 'f'.repeat(64) };
    await expect(trust.verifyOffline(await issuer.issue(), checks)).rejects.toMatchObject({ code: 'wrong_machine' });
  });

  it('accepts a license after its session end only within grace', async () => {
    const issuer = new LicenseIssuer();
    const trust = new LicenseTrust({ jwks: issuer.jwks() }, noServer);
    const license = await issuer.issue();
    // a clock tolerance of one minute always applies
    const at = (secondsPastEnd: number) => ({
      nowMs: (license.payload.exp + 60 + secondsPastEnd) * 1000,
      graceSeconds: 900,
    });
    await expect(trust.verifyOffline(license, at(899))).resolves.toBeDefined();
    await expect(trust.verifyOffline(license, at(900))).rejects.toMatchObject({ code: 'expired' });
  });

  it('rejects with "unknown_key" when there are no keys yet', async () => {
    const trust = new LicenseTrust({}, noServer);
    const license = await new LicenseIssuer().issue();
    await expect(trust.verifyOffline(license, now())).rejects.toMatchObject({ code: 'unknown_key' });
  });
});
