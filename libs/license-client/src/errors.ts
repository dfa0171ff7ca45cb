import type { FieldError } from './wire.js';

/** What is known about a failed call besides its message. */
export interface ErrorDetails {
  code: string;
  /** HTTP status of the answer, if there was one. */
  status?: number;
  /** The `request_id` to tell support. */
  requestId?: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** Base of every error of this package. The message never holds a password, a token or a license. */
export class LicenseClientError extends Error {
  override readonly name: string = 'LicenseClientError';
  /** Stable, so programs may switch on it. The server's `code` if it sent one. */
  readonly code: string;
  /**
   * Whether the failure is a decision of the server. False means inconclusive: an unreachable server has not taken a seat
   * away, and the same call may work later.
   */
  readonly isConclusive: boolean = true;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** The server refused a seat. Used itself for `forbidden`, `license_not_found` and codes this version does not know. */
export class DeniedError extends LicenseClientError {
  override readonly name: string = 'DeniedError';
}

/** All seats of the license are in use (`no_seats_available`). */
export class NoSeatsAvailableError extends DeniedError {
  override readonly name = 'NoSeatsAvailableError';
}

/** The license does not include a requested feature (`entitlement_missing`). */
export class EntitlementMissingError extends DeniedError {
  override readonly name = 'EntitlementMissingError';
}

/**
 * The license, its organization or its user may hold no seats now: `license_suspended`, `license_revoked`,
 * `license_expired`, `license_not_yet_valid`, `tenant_suspended`, `tenant_closed`, `user_disabled`, `user_removed`.
 */
export class LicenseStateError extends DeniedError {
  override readonly name = 'LicenseStateError';
}

/** The seat is gone: `lease_lost`, `session_not_found`, or `grace_over` when the server was unreachable for too long. */
export class LeaseLostError extends LicenseClientError {
  override readonly name = 'LeaseLostError';

  constructor(
    message: string,
    details: ErrorDetails,
    /** Why the server ended it, e.g. `lease_expired`, `session_ended`, `released`, `revoked`. */
    readonly endReason: string | undefined,
  ) {
    super(message, details);
  }
}

/**
 * Not signed in: `invalid_credentials`, `invalid_token`, `unauthenticated`, `tenant_required`, `two_factor_required`,
 * `two_factor_invalid`, `not_signed_in`. A device sign-in may also end with `access_denied` or `expired_token`.
 */
export class AuthenticationError extends LicenseClientError {
  override readonly name = 'AuthenticationError';

  constructor(
    message: string,
    details: ErrorDetails,
    /** The organizations to choose from. Set only for `tenant_required`. */
    readonly tenants: readonly { slug: string; name: string }[] = [],
  ) {
    super(message, details);
  }
}

/** The request has invalid fields (`validation_failed`). */
export class ValidationError extends LicenseClientError {
  override readonly name = 'ValidationError';

  constructor(
    message: string,
    details: ErrorDetails,
    readonly errors: readonly FieldError[],
  ) {
    super(message, details);
  }
}

/** The server, or a proxy in front of it, cannot answer now: 5xx or 429. */
export class TemporarilyUnavailableError extends LicenseClientError {
  override readonly name = 'TemporarilyUnavailableError';
  override readonly isConclusive = false;
}

/** No answer: `network_error` or `timeout`. */
export class NetworkError extends LicenseClientError {
  override readonly name = 'NetworkError';
  override readonly isConclusive = false;
}

/** An answer that does not come from the license API (`unexpected_response`), e.g. a login page of a proxy. */
export class ProtocolError extends LicenseClientError {
  override readonly name = 'ProtocolError';
  override readonly isConclusive = false;
}

/**
 * A signed license that does not verify. `code` is `malformed`, `unsupported_algorithm`, `unknown_key`,
 * `invalid_signature`, `expired`, `not_yet_valid`, `wrong_issuer`, `wrong_type`, `wrong_machine` or `payload_mismatch`.
 */
export class VerificationError extends LicenseClientError {
  override readonly name = 'VerificationError';
}
