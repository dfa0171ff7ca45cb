import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemCodes } from '@coditect/contracts/problem';
import {
  endReasons,
  heartbeatIntervalSeconds,
  type LicenseState,
  missingFeatures,
  problemOfEnd,
  refusalByLicense,
  soonestToExpireFirst,
} from './license-session.rules.js';

const now = new Date('2026-06-01T12:00:00Z');
const later = new Date(now.getTime() + 1);
const earlier = new Date(now.getTime() - 1);

function license(state: Partial<LicenseState> = {}): LicenseState {
  return { status: 'active', validFrom: earlier, validUntil: later, ...state };
}

describe('the reason why a license grants no seat now', () => {
  it.each([
    ['active and within its validity', {}, undefined],
    ['active without an end', { validUntil: null }, undefined],
    ['valid from this very moment', { validFrom: now }, undefined],
    ['not valid for another millisecond', { validFrom: later }, 'license_not_yet_valid'],
    ['ending at this very moment', { validUntil: now }, 'license_expired'],
    ['ended a millisecond ago', { validUntil: earlier }, 'license_expired'],
    ['suspended', { status: 'suspended' }, 'license_suspended'],
    ['revoked', { status: 'revoked' }, 'license_revoked'],
    ['suspended and expired', { status: 'suspended', validUntil: earlier }, 'license_suspended'],
    ['revoked and not valid yet', { status: 'revoked', validFrom: later }, 'license_revoked'],
  ] as const)('%s: %o answers %s', (_what, state, refusal) => {
    expect(refusalByLicense(license(state), now)).toBe(refusal);
  });
});

describe('the features a license does not include', () => {
  const features = ['editor', 'agents'];
  it.each([
    [[], []],
    [['agents'], []],
    [['agents', 'editor'], []],
    [
      ['agents', 'audit', 'sso'],
      ['audit', 'sso'],
    ],
    [['Editor'], ['Editor']],
    [['edit'], ['edit']],
  ])('of %j are %j', (wanted, missing) => {
    expect(missingFeatures({ features }, wanted)).toEqual(missing);
  });
});

describe('the order in which licenses are tried', () => {
  it('is soonest to expire first, licenses without an end last, the older of two equal ones first', () => {
    const soon = { id: '3', validUntil: later };
    const late = { id: '1', validUntil: new Date(now.getTime() + 1000) };
    const lateTwin = { id: '2', validUntil: new Date(now.getTime() + 1000) };
    const endless = { id: '0', validUntil: null };
    const endlessTwin = { id: '9', validUntil: null };
    const sorted = [endlessTwin, lateTwin, endless, soon, late].toSorted(soonestToExpireFirst);
    expect(sorted).toEqual([soon, late, lateTwin, endless, endlessTwin]);
  });

  it('does not depend on the order they are read in', () => {
    const some = fc.uniqueArray(
      fc.record({ id: fc.uuid(), validUntil: fc.option(fc.date({ min: earlier, max: later, noInvalidDate: true })) }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(some, (licenses) => {
        const sorted = licenses.toSorted(soonestToExpireFirst);
        expect(licenses.toReversed().toSorted(soonestToExpireFirst)).toEqual(sorted);
      }),
    );
  });
});

describe('the heartbeat interval', () => {
  it.each([
    [360, 120],
    [100, 33],
    [3, 1],
    [1, 1],
  ])('of a lease of %i s is %i s', (lease, interval) => {
    expect(heartbeatIntervalSeconds(lease)).toBe(interval);
  });

  it('allows two missed heartbeats before the seat is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 86_400 }), (lease) => {
        expect(heartbeatIntervalSeconds(lease) * 3).toBeLessThanOrEqual(lease);
      }),
    );
  });
});

describe('the problem for the holder of an ended license session', () => {
  it.each([
    ['released', 'lease_lost'],
    ['lease_expired', 'lease_lost'],
    ['session_ended', 'lease_lost'],
    ['revoked', 'lease_lost'],
    ['license_suspended', 'license_suspended'],
    ['license_revoked', 'license_revoked'],
    ['tenant_suspended', 'tenant_suspended'],
    ['tenant_closed', 'tenant_closed'],
    ['user_disabled', 'user_disabled'],
    ['user_removed', 'user_removed'],
  ])('%s: %s', (reason, code) => {
    expect(problemOfEnd(reason)).toBe(code);
  });

  it('is a documented code for every reason', () => {
    for (const reason of endReasons) expect(problemCodes).toHaveProperty(problemOfEnd(reason));
  });
});
