import type { ProblemCode } from './problem.js';

/** The text of the page /docs/errors/<code>: what a code means, and what to do. */
export const problemHelp: Record<ProblemCode, { meaning: string; remedy: string }> = {
  bad_request: {
    meaning: 'The request line, a header or the URL could not be read. The request reached no route.',
    remedy: 'Check the URL for unencoded characters, and check the size of the headers.',
  },
  malformed_json: {
    meaning: 'The body is empty, is not JSON, or has a forbidden key such as __proto__.',
    remedy: 'Send one JSON object, encoded in UTF-8.',
  },
  oauth_failed: {
    meaning:
      'The provider refused the sign-in, or its answer belongs to a sign-in that was not started in this browser.',
    remedy:
      'Start again from the sign-in page. If it happens every time, check the client id, the secret and the redirect URI.',
  },
  authorization_pending: {
    meaning: 'The device has not been approved yet (RFC 8628).',
    remedy: 'Ask again after the interval.',
  },
  slow_down: {
    meaning: 'The device polls more often than allowed. The interval is now five seconds longer (RFC 8628).',
    remedy: 'Wait five more seconds between two requests.',
  },
  access_denied: {
    meaning: 'The user refused the device (RFC 8628).',
    remedy: 'Start again if that was a mistake.',
  },
  expired_token: {
    meaning: 'The device code was not approved in time, or was already used (RFC 8628).',
    remedy: 'Start again with a new code.',
  },
  unauthenticated: {
    meaning: 'The route needs a bearer token and none was sent.',
    remedy: 'Send `Authorization: Bearer …` with an access token or an API key.',
  },
  invalid_credentials: {
    meaning:
      'The combination of e-mail, password and organization is wrong. The answer does not say which of the three.',
    remedy: 'Check all three, or ask for a link to set a new password.',
  },
  invalid_token: {
    meaning: 'The token is unknown, has expired, or its login was ended by signing out, by its user, or by an admin.',
    remedy: 'Refresh the access token. If that is refused too, sign in again. An API key must be replaced.',
  },
  two_factor_required: {
    meaning: 'The password is correct, and the account has a second factor.',
    remedy: 'Repeat the request with `two_factor_code`: six digits of the authenticator, or a recovery code.',
  },
  two_factor_invalid: {
    meaning: 'The code is wrong, too old, or already used. Each code works once.',
    remedy: 'Wait for the next code, and check the clock of the device.',
  },
  invalid_signature: {
    meaning: 'The license was not signed by a key of this platform, or was changed afterwards.',
    remedy: 'Fetch the keys from /.well-known/jwks.json again, then acquire a new license.',
  },
  forbidden: {
    meaning: 'The role, or the scopes of the API key, do not include the permission that `permission` names.',
    remedy: 'Ask an owner or admin for another role, or make a key with the scope.',
  },
  cross_site_request: {
    meaning: 'A request with the sign-in cookie came from a page of another site.',
    remedy: 'Send the request from the dashboard, or add the origin of the page to the allow-list CORS_ORIGINS.',
  },
  email_unverified: {
    meaning: 'Signing in at a provider joins an existing account only if both sides have verified the e-mail address.',
    remedy: 'Sign in with the password, verify the address, then link the provider in the profile.',
  },
  no_account: {
    meaning: 'No account of this organization is linked to the identity, and there is no invitation for it.',
    remedy: 'Ask an owner or admin for an invitation.',
  },
  no_seats_available: {
    meaning:
      'All seats of the license are in use. `own_sessions` lists the seats that the caller holds on other machines.',
    remedy: 'Release one of your own seats, wait for a lease to end, or ask an admin to free a seat.',
  },
  entitlement_missing: {
    meaning: 'The license does not include the requested features that `missing_features` names. No seat was taken.',
    remedy: 'Request fewer features, or use a license that includes them.',
  },
  quota_exceeded: {
    meaning: 'The plan has no room for what the request adds. `quota`, `limit` and `used` give the numbers.',
    remedy: 'Remove or archive something that counts, or move to a larger plan.',
  },
  license_suspended: {
    meaning: 'The license is suspended. Its license sessions have ended.',
    remedy: 'Ask an owner. Billing or our support knows the reason.',
  },
  license_revoked: {
    meaning: 'The license was revoked permanently. Its license sessions have ended.',
    remedy: 'Use another license.',
  },
  license_expired: {
    meaning: 'The license was valid until `valid_until`, which has passed.',
    remedy: 'Renew the license.',
  },
  license_not_yet_valid: {
    meaning: 'The license becomes valid at `valid_from`, which is in the future.',
    remedy: 'Wait until then, or use another license.',
  },
  tenant_suspended: {
    meaning: 'The organization is suspended. Its users get no seats, and its license sessions have ended.',
    remedy: 'Ask an owner to contact our support.',
  },
  tenant_closed: {
    meaning: 'The organization is closed and will be deleted. Its data can be read and exported but not changed.',
    remedy: 'An owner can reopen it until the day of deletion.',
  },
  recent_login_required: {
    meaning:
      'The account has no password to confirm with, and its sign-in on this device is more than ten minutes old.',
    remedy: 'Sign in at a provider again, then repeat the request.',
  },
  two_factor_mandatory: {
    meaning: 'The organization requires a second factor, and the account has none.',
    remedy: 'Set up an authenticator in the profile.',
  },
  user_disabled: {
    meaning: 'An admin disabled the user. Logins and license sessions have ended.',
    remedy: 'Ask an owner or admin.',
  },
  user_removed: {
    meaning: 'An admin removed the user from the organization. Logins, API keys and license sessions have ended.',
    remedy: 'Ask an owner or admin for an invitation.',
  },
  not_found: { meaning: 'No route has this path.', remedy: 'Compare the path with the API reference.' },
  license_not_found: {
    meaning: 'The organization has no license with this id, key or product.',
    remedy: 'List the licenses.',
  },
  session_not_found: {
    meaning: 'There is no such license session, you may not see it, or the session token does not match.',
    remedy: 'Acquire a seat.',
  },
  user_not_found: { meaning: 'The organization has no such user.', remedy: 'List the users.' },
  invitation_not_found: { meaning: 'The organization has no such invitation.', remedy: 'List the invitations.' },
  project_not_found: { meaning: 'The organization has no such project.', remedy: 'List the projects.' },
  api_key_not_found: { meaning: 'There is no such API key, or you may not see it.', remedy: 'List the API keys.' },
  login_not_found: { meaning: 'You have no such login.', remedy: 'List your logins.' },
  identity_not_found: { meaning: 'You have no such linked identity.', remedy: 'List your identities.' },
  provider_not_found: {
    meaning: 'No sign-in provider with this name is configured.',
    remedy: 'List the providers.',
  },
  device_not_found: {
    meaning: 'No device waits for approval with this code. It was mistyped, was already decided, or has expired.',
    remedy: 'Compare your code with the one that the device shows.',
  },
  export_not_found: { meaning: 'There is no such export, or it has expired.', remedy: 'Request a new export.' },
  webhook_not_found: {
    meaning: 'The organization has no webhook endpoint with this id.',
    remedy: 'List the webhooks. It may have been deleted.',
  },
  delivery_not_found: {
    meaning: 'The organization has no webhook delivery with this id. Deliveries are kept for 30 days.',
    remedy: 'List the deliveries of the webhook.',
  },
  audit_log_not_found: { meaning: 'The organization has no such audit entry.', remedy: 'Search the audit log.' },
  method_not_allowed: {
    meaning: 'The path exists but does not support this method. The `Allow` header lists the supported methods.',
    remedy: 'Use one of the supported methods.',
  },
  request_timeout: {
    meaning: 'The request did not arrive within 30 seconds.',
    remedy: 'Send the request again on a faster connection.',
  },
  tenant_required: {
    meaning: 'The e-mail address belongs to several organizations.',
    remedy: 'Repeat the request with `tenant`, the slug of one of them.',
  },
  invitation_not_open: {
    meaning: 'The invitation was accepted, was revoked, or was replaced by a newer one.',
    remedy: 'Invite again, unless the person is already a user.',
  },
  last_owner: {
    meaning: 'This would leave the organization without an active owner.',
    remedy: 'Make another user an owner first.',
  },
  idempotency_in_flight: {
    meaning: 'A request with the same Idempotency-Key is still running.',
    remedy: 'Repeat the request after `Retry-After` seconds.',
  },
  idempotency_result_unknown: {
    meaning: 'The request with this Idempotency-Key was carried out, but its answer was lost before it was stored.',
    remedy: 'Check in the list whether the resource exists before you repeat the request with another key.',
  },
  email_taken: {
    meaning: 'Another user of the organization has this e-mail address.',
    remedy: 'Change that user instead.',
  },
  slug_taken: { meaning: 'Another organization has this slug.', remedy: 'Choose another slug.' },
  identity_taken: {
    meaning: 'The identity is linked to another user of the organization.',
    remedy: 'Unlink it from that user first.',
  },
  last_sign_in_method: {
    meaning: 'This is the only way left to sign in to the account.',
    remedy: 'Set a password or link another provider first.',
  },
  two_factor_enabled: {
    meaning: 'The account has a second factor.',
    remedy: 'Turn off the second factor to set up another.',
  },
  two_factor_not_enabled: {
    meaning: 'The account has no second factor, or it has not been confirmed yet.',
    remedy: 'Set up the second factor and confirm it with a first code.',
  },
  api_key_inactive: {
    meaning: 'Only an active API key can be rotated.',
    remedy: 'Make a new API key.',
  },
  project_archived: { meaning: 'An archived project cannot be changed.', remedy: 'Restore the project first.' },
  export_not_ready: { meaning: 'The export is in progress, or has failed.', remedy: 'Check the status of the export.' },
  webhook_disabled: {
    meaning:
      'The endpoint is disabled and receives nothing. It was disabled by a user, answered 410, or failed for too long.',
    remedy: 'Enable the endpoint first.',
  },
  lease_lost: {
    meaning:
      'The license session has ended: its lease lapsed, it reached its end, or a user ended it. `end_reason` says which.',
    remedy: 'Acquire again.',
  },
  link_invalid: {
    meaning: 'The link was used, has expired, or was replaced by a newer one. A link works once.',
    remedy: 'Ask for a new link.',
  },
  precondition_failed: {
    meaning: 'The version in `If-Match` is not the current one. The resource has changed since you read it.',
    remedy: 'Read the resource again and decide whether the change still makes sense.',
  },
  payload_too_large: { meaning: 'The body is larger than 256 KiB.', remedy: 'Send less at once.' },
  uri_too_long: {
    meaning: 'A part of the path is longer than any id or token.',
    remedy: 'Check how the URL is built.',
  },
  unsupported_media_type: {
    meaning: 'The API does not read bodies of this type.',
    remedy: 'Send `Content-Type: application/json`.',
  },
  validation_failed: {
    meaning: 'Fields are missing, unknown or invalid. `errors` names each by its path.',
    remedy: 'Correct the fields and repeat the request. Nothing was changed.',
  },
  idempotency_key_reused: {
    meaning: 'The Idempotency-Key was already used for another request: method, path or body differ.',
    remedy: 'Use a new key for every new request.',
  },
  rate_limited: {
    meaning:
      'The request budget is used up. The `RateLimit` headers describe it, and `Retry-After` says when it refills.',
    remedy: 'Wait, and spread requests out.',
  },
  too_many_attempts: {
    meaning: 'Too many wrong passwords or codes, for this account or from this address.',
    remedy: 'Wait for `Retry-After` seconds. Until then even a correct password is refused.',
  },
  headers_too_large: {
    meaning: 'The request line and the headers together are larger than 16 KiB.',
    remedy: 'Send fewer or shorter headers, cookies included.',
  },
  internal_error: {
    meaning: 'The server failed. The fault is logged under the request id.',
    remedy: 'Repeat the request later. If it fails again, send the request id to support.',
  },
  temporarily_unavailable: {
    meaning: 'A service that the request needs cannot be reached now. Nothing was changed.',
    remedy: 'Repeat the request after `Retry-After` seconds.',
  },
};
