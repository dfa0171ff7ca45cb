import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness } from './cli-harness.js';
import { EMAIL } from './license-server.js';

const API_KEY = 'cak_of_a_build_machine';

describe('coditect-license with an API key in its environment', () => {
  let cli: CliHarness;
  const env = { CODITECT_API_KEY: API_KEY };
  const bearers = (route: string) => cli.server.calls(route).map(({ headers }) => headers.authorization);

  beforeEach(async () => {
    cli = await CliHarness.start();
    cli.server.accessTokens.add(API_KEY);
  });
  afterEach(() => cli.close());

  it('takes a seat without a login, and does not store the key', async () => {
    expect((await cli.run(['acquire'], { env })).exit).toBe(0);
    expect(bearers('licenses/acquire')).toEqual([`Bearer ${API_KEY}`]);
    expect(cli.server.received.map(({ route }) => route)).not.toContain('auth/refresh');
    expect(await cli.state()).not.toContain(API_KEY);
    expect((await cli.run(['heartbeat'], { env })).exit).toBe(0);
    expect((await cli.run(['release'], { env })).exit).toBe(0);
    expect(cli.server.held).toEqual([]);
  });

  it('runs a command with a seat, and hides the key from it', async () => {
    const source = 'console.log(process.env.CODITECT_API_KEY, process.env.CODITECT_SERVER)';
    const { exit, stdout } = await cli.run(['run', '--', process.execPath, '-e', source], { env });
    expect([exit, stdout]).toEqual([0, `undefined ${cli.server.url}\n`]);
    expect(bearers('licenses/acquire')).toEqual([`Bearer ${API_KEY}`]);
  });

  it('prefers the key to a kept login, and does not change the login', async () => {
    await cli.signIn();
    await cli.run(['run', '--', process.execPath, '-e', ''], { env });
    expect(bearers('licenses/acquire')).toEqual([`Bearer ${API_KEY}`]);
    expect(await cli.state()).toContain(EMAIL);
    expect((await cli.run(['acquire'])).exit).toBe(0);
    expect(bearers('licenses/acquire')[1]).not.toBe(`Bearer ${API_KEY}`);
  });

  it('ignores a final line break, and treats an empty key as not set', async () => {
    expect((await cli.run(['acquire'], { env: { CODITECT_API_KEY: `${API_KEY}\n` } })).exit).toBe(0);
    const { exit, data } = await cli.json(['acquire'], { env: { CODITECT_API_KEY: '' } });
    expect([exit, data]).toMatchObject([3, { error: { code: 'not_signed_in' } }]);
  });

  it('exits with 3 when the server refuses the key, and does not print it', async () => {
    const { exit, stdout, stderr } = await cli.run(['acquire', '--json'], {
      env: { CODITECT_API_KEY: 'cak_revoked' },
    });
    expect([exit, JSON.parse(stdout)]).toMatchObject([3, { error: { code: 'invalid_token' } }]);
    expect(stdout + stderr).not.toContain('cak_revoked');
    expect(bearers('licenses/acquire')).toHaveLength(1);
  });

  it('mentions the key in its status', async () => {
    expect((await cli.json(['status'], { env })).data).toMatchObject({ signed_in: false, api_key: true });
    expect((await cli.run(['status'], { env })).stdout).toContain('by CODITECT_API_KEY');
    expect((await cli.json(['status'])).data).toMatchObject({ signed_in: false, api_key: false });
  });
});
