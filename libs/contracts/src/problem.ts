import { z } from 'zod';

/**
 * Every code a refusal can carry, with the HTTP status it answers and its title. Codes are stable: clients switch on
 * them, and each has a page in the documentation (design section 7).
 */
export const problemCodes = {
  bad_request: { status: 400, title: 'The request cannot be read' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  unauthenticated: { status: 401, title: 'Sign-in is needed' },
  invalid_credentials: { status: 401, title: 'E-mail, password or tenant is wrong' },
  invalid_token: { status: 401, title: 'The token is not valid or has expired' },
  invalid_signature: { status: 401, title: 'The license signature is not valid' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  no_seats_available: { status: 403, title: 'All seats are in use' },
  entitlement_missing: { status: 403, title: 'The license does not include a feature asked for' },
  quota_exceeded: { status: 403, title: 'A quota of the plan is reached' },
  license_suspended: { status: 403, title: 'The license is suspended' },
  license_revoked: { status: 403, title: 'The license is revoked' },
  license_expired: { status: 403, title: 'The license has expired' },
  license_not_yet_valid: { status: 403, title: 'The license is not valid yet' },
  tenant_suspended: { status: 403, title: 'The organization is suspended' },
  user_disabled: { status: 403, title: 'The user is disabled' },
  not_found: { status: 404, title: 'There is nothing here' },
  license_not_found: { status: 404, title: 'There is no such license' },
  session_not_found: { status: 404, title: 'There is no such license session' },
  user_not_found: { status: 404, title: 'There is no such user' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  tenant_required: { status: 409, title: 'The e-mail belongs to several organizations' },
  last_owner: { status: 409, title: 'An organization needs at least one owner' },
  lease_lost: { status: 410, title: 'The seat is no longer yours' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  validation_failed: { status: 422, title: 'The request has invalid fields' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  temporarily_unavailable: { status: 503, title: 'The service is temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problemCodes;

export const FieldError = z
  .object({
    path: z.string().meta({ description: 'The field, with dots between levels', example: 'machine_id' }),
    message: z.string(),
    code: z.string(),
  })
  .meta({ id: 'FieldError' });

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
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
