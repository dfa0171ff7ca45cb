import { z } from 'zod';

/**
 * Every code of a refusal, with its HTTP status and title. Codes are stable, because clients switch on them. Each code has
 * a page at /docs/errors/<code>.
 */
export const problemCodes = {
  bad_request: { status: 400, title: 'The request cannot be read' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  oauth_failed: { status: 400, title: 'Signing in at the provider did not work' },
  authorization_pending: { status: 400, title: 'The device has not been approved yet' },
  slow_down: { status: 400, title: 'The device asks too often' },
  access_denied: { status: 400, title: 'The device was refused' },
  expired_token: { status: 400, title: 'The device code has expired' },
  unauthenticated: { status: 401, title: 'Sign-in is needed' },
  invalid_credentials: { status: 401, title: 'E-mail, password or tenant is wrong' },
  invalid_token: { status: 401, title: 'The token is not valid or has expired' },
  two_factor_required: { status: 401, title: 'A code of the second factor is needed' },
  two_factor_invalid: { status: 401, title: 'The code of the second factor is wrong' },
  invalid_signature: { status: 401, title: 'The license signature is not valid' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  cross_site_request: { status: 403, title: 'The request comes from another site' },
  email_unverified: { status: 403, title: 'The e-mail address is not verified' },
  recent_login_required: { status: 403, title: 'A recent sign-in is needed' },
  no_account: { status: 403, title: 'No account belongs to this sign-in' },
  no_seats_available: { status: 403, title: 'All seats are in use' },
  entitlement_missing: { status: 403, title: 'The license does not include a requested feature' },
  quota_exceeded: { status: 403, title: 'A quota of the plan is reached' },
  license_suspended: { status: 403, title: 'The license is suspended' },
  license_revoked: { status: 403, title: 'The license is revoked' },
  license_expired: { status: 403, title: 'The license has expired' },
  license_not_yet_valid: { status: 403, title: 'The license is not valid yet' },
  tenant_suspended: { status: 403, title: 'The organization is suspended' },
  tenant_closed: { status: 403, title: 'The organization is closed' },
  two_factor_mandatory: { status: 403, title: 'The organization requires a second factor' },
  user_disabled: { status: 403, title: 'The user is disabled' },
  user_removed: { status: 403, title: 'The user was removed' },
  not_found: { status: 404, title: 'There is nothing here' },
  license_not_found: { status: 404, title: 'There is no such license' },
  session_not_found: { status: 404, title: 'There is no such license session' },
  user_not_found: { status: 404, title: 'There is no such user' },
  invitation_not_found: { status: 404, title: 'There is no such invitation' },
  project_not_found: { status: 404, title: 'There is no such project' },
  api_key_not_found: { status: 404, title: 'There is no such API key' },
  login_not_found: { status: 404, title: 'There is no such login' },
  identity_not_found: { status: 404, title: 'There is no such linked identity' },
  provider_not_found: { status: 404, title: 'There is no such sign-in provider' },
  device_not_found: { status: 404, title: 'No device waits with this code' },
  export_not_found: { status: 404, title: 'There is no such export' },
  webhook_not_found: { status: 404, title: 'There is no such webhook' },
  delivery_not_found: { status: 404, title: 'There is no such webhook delivery' },
  audit_log_not_found: { status: 404, title: 'There is no such audit entry' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  tenant_required: { status: 409, title: 'The e-mail belongs to several organizations' },
  last_owner: { status: 409, title: 'An organization needs at least one owner' },
  idempotency_in_flight: { status: 409, title: 'The same request is still being worked on' },
  idempotency_result_unknown: { status: 409, title: 'The request was done, but its answer was lost' },
  email_taken: { status: 409, title: 'This e-mail address is already in use' },
  slug_taken: { status: 409, title: 'Another organization has this slug' },
  invitation_not_open: { status: 409, title: 'The invitation was accepted or revoked' },
  identity_taken: { status: 409, title: 'This identity is linked to another user' },
  last_sign_in_method: { status: 409, title: 'This is the last way to sign in' },
  two_factor_enabled: { status: 409, title: 'The second factor is already on' },
  two_factor_not_enabled: { status: 409, title: 'The second factor is not on' },
  api_key_inactive: { status: 409, title: 'The API key has expired or was revoked' },
  project_archived: { status: 409, title: 'The project is archived' },
  export_not_ready: { status: 409, title: 'The export is not ready' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  lease_lost: { status: 410, title: 'The seat is no longer yours' },
  link_invalid: { status: 410, title: 'The link is not valid, was used, or has expired' },
  precondition_failed: { status: 412, title: 'It has changed since you read it' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The URL is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  validation_failed: { status: 422, title: 'The request has invalid fields' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_attempts: { status: 429, title: 'Too many failed attempts' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  temporarily_unavailable: { status: 503, title: 'The service is temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemCodes;

export const FieldError = z
  .object({
    path: z.string().meta({
      description: 'Path of the field, with dots between levels. `body` stands for the whole body',
      example: 'machine_id',
    }),
    message: z.string(),
    code: z.string(),
  })
  .meta({ id: 'FieldError', examples: [{ path: 'machine_id', message: 'must be a UUID', code: 'invalid_format' }] });

/** The body of every refusal: RFC 9457 with a stable code and the request id. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(FieldError).optional(),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        type: '/docs/errors/no_seats_available',
        title: 'All seats are in use',
        status: 403,
        detail: 'Wait for a seat, or ask an admin to free one.',
        instance: '/api/v1/licenses/acquire',
        code: 'no_seats_available',
        request_id: '0195a4c0-5f2e-7d6b-8a3c-2f9b1d7e6c54',
      },
    ],
  });
export type Problem = z.infer<typeof Problem>;
