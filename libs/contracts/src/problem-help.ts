import type { ProblemCode } from './problem.js';

/** What a code means and what to do about it: the text of its page at /docs/errors/<code>. */
export const problemHelp: Record<ProblemCode, { meaning: string; remedy: string }> = {
  bad_request: {
    meaning: 'The request line, a header or the URL could not be read, so it never reached a route.',
    remedy: 'Check the URL for characters that are not encoded, and the size of the headers.',
  },
  malformed_json: {
    meaning: 'The body is not JSON, is empty, or has a key that JSON parsers must not take over, such as __proto__.',
    remedy: 'Send one JSON object, encoded in UTF-8.',
  },
  oauth_failed: {
    meaning: 'The provider refused, or what came back does not belong to the sign-in that was begun in this browser.',
    remedy:
      'Begin again from the sign-in page. If it happens every time, check the client id, secret and redirect URI.',
  },
  authorization_pending: {
    meaning: 'Nobody has approved the device yet (RFC 8628).',
    remedy: 'Ask again after the interval.',
  },
  slow_down: {
    meaning: 'The device asks more often than it was told to; the interval is now five seconds longer (RFC 8628).',
    remedy: 'Wait five seconds more between two requests.',
  },
  access_denied: {
    meaning: 'The user refused the device (RFC 8628).',
    remedy: 'Begin again if that was a mistake.',
  },
  expired_token: {
    meaning: 'The device code was not approved in time, or has been used (RFC 8628).',
    remedy: 'Begin again with a new code.',
  },
  unauthenticated: {
    meaning: 'The route needs a bearer token and none was sent.',
    remedy: 'Send `Authorization: Bearer …` with an access token or an API key.',
  },
  invalid_credentials: {
    meaning: 'E-mail, password or organization do not fit together. Which of them is not told.',
    remedy: 'Check all three, or ask for a link to set a new password.',
  },
  invalid_token: {
    meaning: 'The token is not one of ours, has expired, or was ended: by signing out, by its user, or by an admin.',
    remedy: 'Refresh the access token; if that is refused too, sign in again. An API key has to be replaced.',
  },
  two_factor_required: {
    meaning: 'The password is right, and the account has a second factor.',
    remedy: 'Repeat the request with `two_factor_code`: six digits of the authenticator, or a recovery code.',
  },
  two_factor_invalid: {
    meaning: 'The code is wrong, too old, or was used already. Each code is good once.',
    remedy: 'Wait for the next code, and check that the clock of the device is right.',
  },
  invalid_signature: {
    meaning: 'The license was not signed by a key of this platform, or was changed afterwards.',
    remedy: 'Fetch the keys of /.well-known/jwks.json again, then acquire a new license.',
  },
  forbidden: {
    meaning: 'The role, or the scopes of the API key, do not include what this operation needs; `permission` names it.',
    remedy: 'Ask an owner or admin for the role, or make a key with the scope.',
  },
  cross_site_request: {
    meaning: 'A request that carries the sign-in cookie came from a page of another site.',
    remedy: 'Send it from the dashboard, or put its origin on the allow-list CORS_ORIGINS.',
  },
  email_unverified: {
    meaning: 'Signing in at a provider joins an existing account only if both sides have verified the e-mail address.',
    remedy: 'Sign in with the password, verify the address, then link the provider in the profile.',
  },
  no_account: {
    meaning: 'No account of this organization is linked to the identity, and nobody has invited it.',
    remedy: 'Ask an owner or admin for an invitation.',
  },
  no_seats_available: {
    meaning: 'Every seat of the license is held. `own_sessions` lists those that the caller holds on other machines.',
    remedy: 'Release one of them, wait for a lease to end, or ask an admin to free a seat.',
  },
  entitlement_missing: {
    meaning:
      'The license does not include a feature that was asked for; `missing_features` names them. No seat was taken.',
    remedy: 'Ask for fewer features, or for a license that includes them.',
  },
  quota_exceeded: {
    meaning: 'The plan of the organization allows no more of them; `quota`, `limit` and `used` tell the numbers.',
    remedy: 'Remove or archive some, or move to a larger plan.',
  },
  license_suspended: {
    meaning: 'The license is suspended; its license sessions have ended.',
    remedy: 'Ask an owner: billing or our support knows why.',
  },
  license_revoked: {
    meaning: 'The license was revoked for good; its license sessions have ended.',
    remedy: 'Use another license.',
  },
  license_expired: { meaning: 'The license was valid until `valid_until`, which has passed.', remedy: 'Renew it.' },
  license_not_yet_valid: {
    meaning: 'The license is valid from `valid_from`, which lies ahead.',
    remedy: 'Wait until then, or use another license.',
  },
  tenant_suspended: {
    meaning: 'The organization is suspended: nobody of it gets a seat, and its license sessions have ended.',
    remedy: 'Ask an owner to talk to our support.',
  },
  tenant_closed: {
    meaning: 'The organization is closed and will be deleted. It can be read and exported, not changed.',
    remedy: 'An owner can reopen it until the day of deletion.',
  },
  recent_login_required: {
    meaning: 'The account has no password to ask for, and its sign-in on this device is longer ago than ten minutes.',
    remedy: 'Sign in again by a provider, then repeat the request.',
  },
  two_factor_mandatory: {
    meaning: 'The organization requires a second factor, and the account has none.',
    remedy: 'Set up an authenticator in the profile.',
  },
  user_disabled: {
    meaning: 'An admin disabled the user: logins and license sessions have ended.',
    remedy: 'Ask an owner or admin.',
  },
  user_removed: {
    meaning: 'An admin removed the user from the organization: logins, API keys and license sessions have ended.',
    remedy: 'Ask an owner or admin for an invitation.',
  },
  not_found: { meaning: 'No route has this path.', remedy: 'Compare it with the API reference.' },
  license_not_found: {
    meaning: 'The organization has no license with this id, key or product.',
    remedy: 'List the licenses.',
  },
  session_not_found: {
    meaning: 'There is no such license session, or it is not yours to see, or the session token is not its token.',
    remedy: 'Acquire a seat.',
  },
  user_not_found: { meaning: 'The organization has no such user.', remedy: 'List the users.' },
  invitation_not_found: { meaning: 'The organization has no such invitation.', remedy: 'List the invitations.' },
  project_not_found: { meaning: 'The organization has no such project.', remedy: 'List the projects.' },
  api_key_not_found: { meaning: 'There is no such API key, or it is not yours to see.', remedy: 'List the API keys.' },
  login_not_found: { meaning: 'You have no such login.', remedy: 'List your logins.' },
  identity_not_found: { meaning: 'You have no such linked identity.', remedy: 'List your identities.' },
  provider_not_found: {
    meaning: 'No sign-in provider of this name is configured.',
    remedy: 'List the providers.',
  },
  device_not_found: {
    meaning: 'No device waits for approval with this code: it was mistyped, decided already, or has expired.',
    remedy: 'Compare the code with the one that the device shows.',
  },
  export_not_found: { meaning: 'There is no such export, or it has expired.', remedy: 'Ask for a new one.' },
  webhook_not_found: {
    meaning: 'The organization has no webhook endpoint with this id.',
    remedy: 'List the webhooks; it may have been deleted.',
  },
  delivery_not_found: {
    meaning: 'The organization has no webhook delivery with this id. Deliveries are kept for 30 days.',
    remedy: 'List the deliveries of the webhook.',
  },
  audit_log_not_found: { meaning: 'The organization has no such audit entry.', remedy: 'Search the audit log.' },
  method_not_allowed: {
    meaning: 'The path exists, but not with this method; the `Allow` header names those it has.',
    remedy: 'Use one of them.',
  },
  request_timeout: {
    meaning: 'The request did not arrive within 30 seconds.',
    remedy: 'Send it again, on a connection that is fast enough.',
  },
  tenant_required: {
    meaning: 'The e-mail address belongs to several organizations.',
    remedy: 'Repeat the request with `tenant`, the slug of one of them.',
  },
  invitation_not_open: {
    meaning: 'Somebody accepted the invitation, or it was revoked or replaced by a newer one.',
    remedy: 'Invite again, unless the person is a user already.',
  },
  last_owner: {
    meaning: 'This would leave the organization without an active owner.',
    remedy: 'Make somebody else an owner first.',
  },
  idempotency_in_flight: {
    meaning: 'A request with the same Idempotency-Key is still running.',
    remedy: 'Repeat it after `Retry-After` seconds.',
  },
  idempotency_result_unknown: {
    meaning: 'The request with this Idempotency-Key was carried out, but its answer was lost before it was stored.',
    remedy: 'Look at the list whether it is there. Do not repeat it with another key before.',
  },
  email_taken: { meaning: 'A user of the organization has this e-mail address.', remedy: 'Change the user instead.' },
  slug_taken: { meaning: 'Another organization has this slug.', remedy: 'Choose another.' },
  identity_taken: {
    meaning: 'Another user of the organization signs in with this identity.',
    remedy: 'Unlink it there first.',
  },
  last_sign_in_method: {
    meaning: 'Without it the account could no longer be signed in to.',
    remedy: 'Set a password or link another provider first.',
  },
  two_factor_enabled: { meaning: 'The account has a second factor.', remedy: 'Switch it off to set up another.' },
  two_factor_not_enabled: {
    meaning: 'The account has no second factor, or it has not been confirmed yet.',
    remedy: 'Set it up and confirm it with a first code.',
  },
  api_key_inactive: {
    meaning: 'Only an API key that still works can be rotated.',
    remedy: 'Make a new one.',
  },
  project_archived: { meaning: 'An archived project does not change.', remedy: 'Restore it first.' },
  export_not_ready: { meaning: 'The export is still being made, or has failed.', remedy: 'Look at its status.' },
  webhook_disabled: {
    meaning: 'Nothing is sent to the endpoint: it was disabled by hand, answered 410, or failed for too long.',
    remedy: 'Enable it first.',
  },
  lease_lost: {
    meaning:
      'The license session has ended: its lease lapsed, it reached its end, or somebody ended it. `end_reason` tells.',
    remedy: 'Acquire again.',
  },
  link_invalid: {
    meaning: 'A link is good once and for a limited time, and a newer one replaces it.',
    remedy: 'Ask for a new one.',
  },
  precondition_failed: {
    meaning: 'The version named by `If-Match` is not the current one: somebody has changed it since.',
    remedy: 'Read it again and decide whether the change still makes sense.',
  },
  payload_too_large: { meaning: 'The body is larger than 256 KiB.', remedy: 'Send less at once.' },
  uri_too_long: {
    meaning: 'A part of the path is longer than any id or token is.',
    remedy: 'Check how the URL is put together.',
  },
  unsupported_media_type: {
    meaning: 'The body is of a type that is not read here.',
    remedy: 'Send `Content-Type: application/json`.',
  },
  validation_failed: {
    meaning: 'Fields are missing, unknown or wrong; `errors` names each by its path.',
    remedy: 'Correct them. Nothing was done.',
  },
  idempotency_key_reused: {
    meaning: 'The Idempotency-Key was used for another request: method, path or body differ.',
    remedy: 'Make a new key for every new request.',
  },
  rate_limited: {
    meaning: 'The budget of requests is used up; the `RateLimit` headers tell it, `Retry-After` when it refills.',
    remedy: 'Wait, and spread requests out.',
  },
  too_many_attempts: {
    meaning: 'Too many wrong passwords or codes, for this account or from this address.',
    remedy: 'Wait for `Retry-After` seconds. A right password is not looked at before.',
  },
  headers_too_large: {
    meaning: 'The request line and the headers together are larger than 16 KiB.',
    remedy: 'Send fewer or shorter headers, cookies included.',
  },
  internal_error: {
    meaning: 'A fault of ours. It has been recorded under the request id.',
    remedy: 'Repeat it later; name the request id to support if it stays.',
  },
  temporarily_unavailable: {
    meaning: 'Something the request needs cannot be reached now. Nothing was done.',
    remedy: 'Repeat it after `Retry-After` seconds.',
  },
};
