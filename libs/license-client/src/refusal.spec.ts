import { describe, expect, it } from 'vitest';
import * as errors from './errors.js';
import { errorOf } from './refusal.js';

const refuse = (status: number, code: string, members: object = {}) =>
  errorOf({
    status,
    body: { title: 'Refused', status, code, request_id: 'r-1', ...members },
    retryAfterSeconds: undefined,
  });

describe('errorOf', () => {
  it.each([
    [403, 'no_seats_available', errors.NoSeatsAvailableError],
    [403, 'entitlement_missing', errors.EntitlementMissingError],
    [403, 'license_suspended', errors.LicenseStateError],
    [403, 'license_revoked', errors.LicenseStateError],
    [403, 'license_expired', errors.LicenseStateError],
    [403, 'license_not_yet_valid', errors.LicenseStateError],
    [403, 'tenant_suspended', errors.LicenseStateError],
    [403, 'tenant_closed', errors.LicenseStateError],
    [403, 'user_disabled', errors.LicenseStateError],
    [403, 'user_removed', errors.LicenseStateError],
    [400, 'access_denied', errors.AuthenticationError],
    [400, 'expired_token', errors.AuthenticationError],
    [400, 'authorization_pending', errors.LicenseClientError],
    [401, 'two_factor_required', errors.AuthenticationError],
    [403, 'forbidden', errors.DeniedError],
    [403, 'a_code_of_tomorrow', errors.DeniedError],
    [404, 'license_not_found', errors.DeniedError],
    [410, 'lease_lost', errors.LeaseLostError],
    [404, 'session_not_found', errors.LeaseLostError],
    [401, 'invalid_credentials', errors.AuthenticationError],
    [401, 'invalid_token', errors.AuthenticationError],
    [401, 'unauthenticated', errors.AuthenticationError],
    [409, 'tenant_required', errors.AuthenticationError],
    [422, 'validation_failed', errors.ValidationError],
    [400, 'malformed_json', errors.ValidationError],
    [413, 'payload_too_large', errors.LicenseClientError],
  ])('%d %s is a decision: %o', (status, code, type) => {
    const error = refuse(status, code);
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ name: type.name, code, status, requestId: 'r-1', isConclusive: true });
  });

  it.each([
    [503, 'temporarily_unavailable', errors.TemporarilyUnavailableError],
    [429, 'rate_limited', errors.TemporarilyUnavailableError],
    [500, 'internal_error', errors.TemporarilyUnavailableError],
    [404, 'not_found', errors.ProtocolError],
  ])('%d %s is inconclusive: %o', (status, code, type) => {
    const error = refuse(status, code);
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ code, isConclusive: false });
  });

  it('contains the reason for a lost lease', () => {
    expect(refuse(410, 'lease_lost', { end_reason: 'revoked' })).toMatchObject({ endReason: 'revoked' });
  });

  it('contains the organizations to choose from', () => {
    const tenants = [{ slug: 'acme', name: 'Acme' }];
    expect(refuse(409, 'tenant_required', { tenants })).toMatchObject({ tenants });
  });

  it('ignores members of the wrong type', () => {
    const body = { code: 'tenant_required', title: 1, request_id: {}, tenants: ['acme', { name: 'no slug' }] };
    const error = errorOf({ status: 409, body, retryAfterSeconds: undefined });
    expect(error).toMatchObject({ message: 'the server answered with HTTP 409', requestId: undefined, tenants: [] });
  });
});
