import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type DemoTenant, banner } from './banner.js';

const acme: DemoTenant = {
  slug: 'acme',
  name: 'Acme Corporation',
  licenseKeys: ['CODI-AAAA-BBBB-CCCC-DDDD'],
  users: [
    { email: 'vera@acme.example', password: 'look only', role: 'viewer' },
    { email: 'olivia@acme.example', password: "owner's secret", role: 'owner' },
  ],
};
const text = (tenants: DemoTenant[], mailPage = true) =>
  banner({
    url: 'http://localhost:3000',
    dashboardUrl: 'http://localhost:3001',
    logs: '.data/logs',
    tenants,
    mailPage,
  });

it('prints all addresses', () => {
  expect(text([acme])).toContain('http://localhost:3000/api/v1\n');
  expect(text([acme])).toContain('http://localhost:3000/readyz\n');
  expect(text([acme])).toContain('.data/logs\n');
  expect(text([acme])).toContain('http://localhost:3000/dev/mail\n');
  expect(text([acme], false)).not.toContain('/dev/mail');
});

it('prints every demo login and license key', () => {
  for (const { email, password } of acme.users) {
    expect(text([acme])).toMatch(new RegExp(`${email} +password ${password}\n`));
  }
  expect(text([acme])).toContain('license key CODI-AAAA-BBBB-CCCC-DDDD\n');
});

describe('the command that takes a seat', () => {
  /** The arguments that the shell passes to each curl of the pasted command. */
  function pasted(tenants: DemoTenant[]): string[][] {
    const lines = text(tenants)
      .split('\n')
      .filter((line) => line.includes('curl -s'));
    const script = `curl() { printf '%s\\036' "$@"; printf '\\035'; }; node() { cat; }; ${lines.join('\n')}\nprintf %s "$TOKEN"`;
    const output = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    return output
      .split('\u{1d}')
      .filter(Boolean)
      .map((call) => call.split('\u{1e}'));
  }
  const bodies = (tenants: DemoTenant[]) =>
    pasted(tenants)
      .map((args) => args[args.indexOf('-d') + 1] ?? '')
      .map((body) => JSON.parse(body));

  it('signs in as a user with permission to acquire, for any password', () => {
    expect(bodies([acme])).toContainEqual({ email: 'olivia@acme.example', password: "owner's secret", tenant: 'acme' });
  });

  it('acquires a seat of a license of that tenant', () => {
    const withoutLicense = { ...acme, slug: 'empty', licenseKeys: [] };

    expect(bodies([withoutLicense, acme])).toContainEqual({
      license_key: 'CODI-AAAA-BBBB-CCCC-DDDD',
      machine_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('is left out if no user could run it', () => {
    expect(text([])).not.toContain('curl');
  });
});
