import {
  AuthenticationError,
  DeniedError,
  EntitlementMissingError,
  LeaseLostError,
  LicenseClientError,
  LicenseStateError,
  NoSeatsAvailableError,
  ProtocolError,
  TemporarilyUnavailableError,
  ValidationError,
  type ErrorDetails,
} from './errors.js';
import type { FieldError } from './wire.js';

/** An HTTP answer without success. */
export interface Refusal {
  status: number;
  /** The body as JSON. Undefined if it was not JSON. */
  body: unknown;
  retryAfterSeconds: number | undefined;
}

/**
 * Returns the typed error of a refusal. Only a problem document (RFC 9457) with a code of the license API is a decision.
 * Any other answer, such as that of a proxy, a captive portal or an overloaded server, is inconclusive.
 */
export function errorOf({ status, body, retryAfterSeconds }: Refusal): LicenseClientError {
  const problem = isRecord(body) && typeof body['code'] === 'string' ? body : undefined;
  const details: ErrorDetails = {
    code: text(problem?.['code']) ?? 'unexpected_response',
    status,
    requestId: text(problem?.['request_id']),
    retryAfterSeconds,
  };
  const message = text(problem?.['detail']) ?? text(problem?.['title']) ?? `the server answered with HTTP ${status}`;
  if (status >= 500 || status === 429 || status === 408) {
    return new TemporarilyUnavailableError(
      message,
      problem ? details : { ...details, code: 'temporarily_unavailable' },
    );
  }
  if (!problem) return new ProtocolError(message, details);
  return errorOfProblem(problem, message, details);
}

function errorOfProblem(problem: Record<string, unknown>, message: string, details: ErrorDetails): LicenseClientError {
  switch (details.code) {
    case 'no_seats_available':
      return new NoSeatsAvailableError(message, details);
    case 'entitlement_missing':
      return new EntitlementMissingError(message, details);
    case 'license_suspended':
    case 'license_revoked':
    case 'license_expired':
    case 'license_not_yet_valid':
    case 'tenant_suspended':
    case 'tenant_closed':
    case 'user_disabled':
    case 'user_removed':
      return new LicenseStateError(message, details);
    case 'lease_lost':
    case 'session_not_found':
      return new LeaseLostError(message, details, text(problem['end_reason']));
    case 'invalid_credentials':
    case 'invalid_token':
    case 'unauthenticated':
    case 'tenant_required':
    case 'two_factor_required':
    case 'two_factor_invalid':
    case 'access_denied':
    case 'expired_token':
      return new AuthenticationError(message, details, tenants(problem['tenants']));
    case 'validation_failed':
    case 'bad_request':
    case 'malformed_json':
      return new ValidationError(message, details, fieldErrors(problem['errors']));
    case 'not_found':
      // the server does not know the path: a wrong base URL or a proxy, not a statement about a seat
      return new ProtocolError(message, details);
    case 'license_not_found':
      return new DeniedError(message, details);
    default:
      return details.status === 403 ? new DeniedError(message, details) : new LicenseClientError(message, details);
  }
}

function tenants(value: unknown): { slug: string; name: string }[] {
  return records(value).flatMap((tenant) => {
    const slug = text(tenant['slug']);
    return slug === undefined ? [] : [{ slug, name: text(tenant['name']) ?? slug }];
  });
}

function fieldErrors(value: unknown): FieldError[] {
  return records(value).map((error) => ({
    path: text(error['path']) ?? '',
    message: text(error['message']) ?? 'is not valid',
    code: text(error['code']) ?? 'invalid',
  }));
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((item) => isRecord(item)) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
