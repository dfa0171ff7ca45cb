/** The areas of the documentation, in its order. A route belongs to the first whose pattern its path matches. */
export const areas: Record<string, { description: string; paths: RegExp }> = {
  Seats: {
    description: 'Take a seat, keep it alive, give it back: what client programs call.',
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
    description: 'Seats in use, refused acquires, what to expect, and what more or fewer seats would change.',
    paths: /^analytics(\/|$)/,
  },
  Audit: { description: 'Who did what, chained by hash.', paths: /^audit-logs(\/|$)/ },
  Service: {
    description: 'Probes, metrics, and the keys that verify licenses.',
    paths: /^(healthz|readyz|metrics|\.well-known)/,
  },
  Webhooks: {
    description: 'Telling endpoints what happens, and reading the same events.',
    paths: /^(webhooks|events)(\/|$)/,
  },
};

export const DESCRIPTION = `The floating licenses of CODITECT: a client program takes a seat, keeps it alive by heartbeats and gives it back; each grant comes with a license that verifies offline.

**Requests** are JSON in \`snake_case\`. **Authentication** is a bearer token: an access token from signing in, or an API key. **Lists** take \`limit\`, \`offset\`, \`search\`, \`ordering\` and the filters named at each, and answer \`{count, next, previous, results}\`. **Refusals** are \`application/problem+json\` (RFC 9457) with a stable \`code\`, each of which has a page at \`/docs/errors/<code>\`. **Repeating** a creating request with the same \`Idempotency-Key\` answers what was answered first. **Changes** with \`If-Match\` are refused when somebody else was faster. Every answer names its \`X-Request-Id\`.`;
