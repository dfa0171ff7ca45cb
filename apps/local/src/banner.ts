/** The demo data, as the seed returns it. */
export interface DemoTenant {
  slug: string;
  name: string;
  licenseKeys: string[];
  users: { email: string; password: string; role: string }[];
}

// Any UUID can be a machine id. This one is fixed, so that the command can be repeated and returns the same seat.
const DEMO_MACHINE = '00000000-0000-4000-8000-000000000001';
const MAY_ACQUIRE = new Set(['owner', 'admin', 'member']);

interface BannerContent {
  url: string;
  dashboardUrl: string;
  logs: string;
  tenants: DemoTenant[];
  /** Whether mails are shown instead of sent. */
  mailPage: boolean;
}

/** What a person needs to begin: addresses, logins, and commands that take a seat. */
export function banner({ url, dashboardUrl, logs, tenants, mailPage }: BannerContent): string {
  return [
    '',
    'CODITECT License Platform is running.',
    '',
    `  Dashboard  ${dashboardUrl}`,
    `  API        ${url}/api/v1`,
    `  Keys       ${url}/.well-known/jwks.json`,
    `  Health     ${url}/readyz`,
    ...(mailPage ? [`  Mails      ${url}/dev/mail`] : []),
    `  Logs       ${logs}`,
    '',
    ...tenants.flatMap(logins),
    ...acquireCommands(url, tenants),
    'Ctrl-C stops everything. The data stays.',
    '',
  ].join('\n');
}

function logins({ name, slug, licenseKeys, users }: DemoTenant): string[] {
  const emailWidth = Math.max(...users.map(({ email }) => email.length));
  const roleWidth = Math.max(...users.map(({ role }) => role.length));
  return [
    `Demo tenant ${name} (${slug})`,
    ...users.map(
      ({ email, password, role }) => `  ${role.padEnd(roleWidth)}  ${email.padEnd(emailWidth)}  password ${password}`,
    ),
    ...licenseKeys.map((key) => `  license key ${key}`),
    '',
  ];
}

function acquireCommands(url: string, tenants: DemoTenant[]): string[] {
  for (const { slug, licenseKeys, users } of tenants) {
    const user = users.find(({ role }) => MAY_ACQUIRE.has(role));
    const [license_key] = licenseKeys;
    if (!user || !license_key) continue;
    const login = JSON.stringify({ email: user.email, password: user.password, tenant: slug });
    const acquire = JSON.stringify({ license_key, machine_id: DEMO_MACHINE });
    return [
      'Take a seat with curl (paste both lines):',
      `  TOKEN=$(curl -s ${url}/api/v1/auth/login ${jsonBody(login)} | node -p 'JSON.parse(fs.readFileSync(0)).access_token')`,
      `  curl -sw '\\n' ${url}/api/v1/licenses/acquire -H "authorization: Bearer $TOKEN" ${jsonBody(acquire)}`,
      '',
      'Or with the command line client:',
      `  export CODITECT_SERVER=${url}`,
      `  printf %s ${shellQuoted(user.password)} | npx coditect-license login --email ${user.email} --tenant ${slug} --password-stdin`,
      '  npx coditect-license acquire',
      '  npx coditect-license heartbeat',
      '  npx coditect-license verify',
      '  npx coditect-license release',
      '',
    ];
  }
  return [];
}

const jsonBody = (json: string) => `-H 'content-type: application/json' -d ${shellQuoted(json)}`;

/** POSIX shell, section 2.2.2: between single quotes, only the single quote is special. */
const shellQuoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
