import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness } from './cli-harness.js';

let cli: CliHarness;

beforeEach(async () => {
  cli = await CliHarness.start();
});
afterEach(() => cli.close());

describe('coditect-license verify', () => {
  it('verifies the license of the seat with the keys kept at login, while the server is down', async () => {
    await cli.signIn();
    await cli.run(['acquire']);
    cli.server.outage = { status: 503 };
    expect(await cli.json(['verify'])).toMatchObject({ exit: 0, data: { valid: true, payload: { seat_no: 1 } } });
  });

  it.each(['file', '-'])('verifies a license, a bare token and an answer of acquire (%s)', async (place) => {
    const license = await cli.server.issuer.issue();
    const jwks = await cli.write('jwks.json', cli.server.issuer.jwks());
    for (const content of [JSON.stringify(license), license.token, JSON.stringify({ signed_license: license })]) {
      const file = place === '-' ? '-' : await cli.write('license', content);
      const { exit } = await cli.run(['verify', file, '--jwks', jwks], { input: content });
      expect(exit).toBe(0);
    }
  });

  it.each([
    ['wrong_issuer', ['--issuer', 'https://elsewhere.test']],
    ['wrong_machine', ['--this-machine']],
  ])('exits with 7 for %s', async (code, options) => {
    const jwks = await cli.write('jwks.json', cli.server.issuer.jwks());
    const file = await cli.write('license', await cli.server.issuer.issue());
    const { exit, data } = await cli.json(['verify', file, '--jwks', jwks, ...options]);
    expect([exit, data]).toMatchObject([7, { error: { code } }]);
  });

  it('accepts an ended license only within --grace', async () => {
    const jwks = await cli.write('jwks.json', cli.server.issuer.jwks());
    const ended = Math.floor(Date.now() / 1000) - 600;
    const file = await cli.write('license', await cli.server.issuer.issue({ iat: ended - 60, exp: ended }));
    expect((await cli.run(['verify', file, '--jwks', jwks])).exit).toBe(7);
    expect((await cli.run(['verify', file, '--jwks', jwks, '--grace', '900'])).exit).toBe(0);
  });

  it('exits with 7 for input that is not a license', async () => {
    const jwks = await cli.write('jwks.json', cli.server.issuer.jwks());
    expect((await cli.run(['verify', '-', '--jwks', jwks], { input: 'hello' })).exit).toBe(7);
  });
});
