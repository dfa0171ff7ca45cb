/** The areas of the documentation, in the order shown. A route belongs to the first area whose pattern matches its
 *  path. */
export const areas: Record<string, { description: string; paths: RegExp }> = {
  Seats: {
    description: 'Acquire a seat, keep it by heartbeats, release it. Client programs call these.',
    paths: /^licenses\/(acquire|validate|heartbeat|release)$/,
  },
  Licenses: { description: 'What was bought: seats, features, validity.', paths: /^licenses(\/|$)/ },
  'License sessions': { description: 'Who holds which seat.', paths: /^license-sessions(\/|$)/ },
  'Live events': { description: 'Seats, licenses, people and projects as they change.', paths: /^stream$/ },
  'API keys': { description: 'Credentials of machines, limited to scopes.', paths: /^auth\/api-keys(\/|$)/ },
  'Sign-in': {
    description: 'Signing in by password, provider, device or invitation, and the login that follows.',
    paths: /^auth\/(login|refresh|logout|logout-everywhere|logins|me|providers|oauth|invitations|device)(\/|$)/,
  },
  'Account security': {
    description: 'Password, e-mail address, second factor and linked identities.',
    paths: /^auth\/(password|email|two-factor|identities)(\/|$)/,
  },
  Users: { description: 'The people of the organization, their roles, and invitations.', paths: /^users(\/|$)/ },
  Organization: { description: 'Settings, quota, data export and closing.', paths: /^tenant(\/|$)/ },
  Projects: { description: 'What the organization works on.', paths: /^projects(\/|$)/ },
  Analytics: {
    description: 'Seats in use, refused acquires, forecasts, and the effect of more or fewer seats.',
    paths: /^analytics(\/|$)/,
  },
  Audit: { description: 'Who did what, chained by hash.', paths: /^audit-logs(\/|$)/ },
  Service: {
    description: 'Probes, metrics, and the keys that verify licenses.',
    paths: /^(healthz|readyz|metrics|\.well-known)/,
  },
  Webhooks: {
    description: 'Send events to your endpoints, and read the same events.',
    paths: /^(webhooks|events)(\/|$)/,
  },
};

export const DESCRIPTION = `The floating licenses of CODITECT. A client program acquires a seat, keeps it by heartbeats and releases it. Each grant comes with a signed license that can be verified offline.

**Requests** are JSON in \`snake_case\`. **Authentication** is a bearer token: an access token from signing in, or an API key. **Lists** take \`limit\`, \`offset\`, \`search\`, \`ordering\` and the filters of each operation, and return \`{count, next, previous, results}\`. **Refusals** are \`application/problem+json\` (RFC 9457) with a stable \`code\`. Each code has a page at \`/docs/errors/<code>\`. **Repeating** a creating request with the same \`Idempotency-Key\` returns the first response. **Changes** with \`If-Match\` are refused if the resource has changed meanwhile. Every response has an \`X-Request-Id\`.`;
