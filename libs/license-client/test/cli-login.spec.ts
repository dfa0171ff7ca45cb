import { stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness } from './cli-harness.js';
import { EMAIL, PASSWORD } from './license-server.js';
import { problem } from './server-answer.js';

let cli: CliHarness;

beforeEach(async () => {
  cli = await CliHarness.start();
});
afterEach(() => cli.close());

describe('coditect-license login', () => {
  it('shows a code to approve in a browser, and keeps the login after the approval', async () => {
    cli.server.devices.intervalSeconds = 0.2;
    const waiting = cli.start(['login', '--json']);
    await waiting.printed('or open');
    expect(cli.server.calls('auth/device')[0]?.body).toEqual({
      client_name: expect.stringMatching(/^coditect-license on ./),
    });
    cli.server.devices.decide('BCDF-BHJK', 'approved');
    const { exit, stdout, stderr } = await waiting.ended;
    expect(exit).toBe(0);
    expect(stderr).toContain(`open ${cli.server.url}/device and enter the code BCDF-BHJK`);
    expect(stderr).toContain(`or open ${cli.server.url}/device?user_code=BCDF-BHJK`);
    expect(JSON.parse(stdout)).toEqual({ signed_in: true, email: EMAIL, server: `${cli.server.url}/` });
    expect((await stat(cli.stateFile)).mode & 0o777).toBe(0o600);
    expect((await cli.run(['acquire'])).exit).toBe(0);
    expect((await cli.run(['logout'])).exit).toBe(0);
    expect(cli.server.calls('auth/logout')).toHaveLength(1);
  });

  it('exits with 3 when the code is refused, and keeps nothing', async () => {
    cli.server.devices.intervalSeconds = 0.2;
    const waiting = cli.start(['login']);
    await waiting.printed('or open');
    cli.server.devices.decide('BCDF-BHJK', 'denied');
    const { exit, stderr } = await waiting.ended;
    expect(exit).toBe(3);
    expect(stderr).toContain('[access_denied');
    expect((await cli.json(['status'])).data).toMatchObject({ signed_in: false });
  });

  it('ends a login that it could not keep', async () => {
    cli.server.devices.intervalSeconds = 0.2;
    cli.server.script('auth/me', { status: 503 });
    const waiting = cli.start(['login']);
    await waiting.printed('or open');
    cli.server.devices.decide('BCDF-BHJK', 'approved');
    expect((await waiting.ended).exit).toBe(6);
    expect(cli.server.calls('auth/logout')).toHaveLength(1);
  });

  it('without a terminal, reports that a second factor code is needed', async () => {
    cli.server.script('auth/login', problem(401, 'two_factor_required'));
    const { exit, data } = await cli.json(['login', '--email', EMAIL], { env: { CODITECT_PASSWORD: PASSWORD } });
    expect([exit, data]).toMatchObject([3, { error: { code: 'two_factor_required' } }]);
  });

  it('with a password, keeps the login readable for this user only', async () => {
    const { exit, data } = await cli.json(['login', '--email', EMAIL, '--password-stdin'], {
      input: `${PASSWORD}\n`,
    });
    expect([exit, data]).toEqual([0, { signed_in: true, email: EMAIL, server: `${cli.server.url}/` }]);
    expect((await stat(cli.stateFile)).mode & 0o777).toBe(0o600);
  });

  it('keeps no password', async () => {
    await cli.signIn();
    expect(await cli.state()).not.toContain(PASSWORD);
  });

  it('exits with 3 for a wrong password', async () => {
    const { exit, data } = await cli.json(['login', '--email', EMAIL], { env: { CODITECT_PASSWORD: 'wrong' } });
    expect([exit, data]).toMatchObject([3, { error: { code: 'invalid_credentials', message: expect.any(String) } }]);
  });

  it('lists the organizations to choose from', async () => {
    const tenants = [{ slug: 'acme', name: 'Acme Inc.' }];
    cli.server.script('auth/login', problem(409, 'tenant_required', { tenants }));
    const { exit, stderr } = await cli.run(['login', '--email', EMAIL], { env: { CODITECT_PASSWORD: PASSWORD } });
    expect(exit).toBe(3);
    expect(stderr).toContain('--tenant acme   Acme Inc.');
  });

  it('exits with 6 when the server is down', async () => {
    const env = { CODITECT_SERVER: 'http://127.0.0.1:9', CODITECT_PASSWORD: PASSWORD };
    const { exit, data } = await cli.json(['login', '--email', EMAIL], { env });
    expect([exit, data]).toMatchObject([6, { error: { code: 'network_error' } }]);
  });
});

describe('coditect-license logout', () => {
  it('ends the login here and at the server', async () => {
    await cli.signIn();
    expect((await cli.run(['logout'])).exit).toBe(0);
    expect(cli.server.calls('auth/logout')).toHaveLength(1);
    expect((await cli.json(['acquire'])).data).toMatchObject({ error: { code: 'not_signed_in' } });
  });

  it('ends the login here even if the server is down', async () => {
    await cli.signIn();
    cli.server.outage = { status: 503 };
    expect((await cli.run(['logout'])).exit).toBe(0);
    expect(await cli.state()).not.toContain('refreshToken');
  });
});
