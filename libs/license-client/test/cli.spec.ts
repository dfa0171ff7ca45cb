import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness, MACHINE } from './cli-harness.js';
import { EMAIL, LicenseServer } from './license-server.js';
import { problem } from './server-answer.js';

describe('coditect-license', () => {
  let cli: CliHarness;

  beforeEach(async () => {
    cli = await CliHarness.start();
  });
  afterEach(() => cli.close());

  it('prints help with its commands and exit codes', async () => {
    const { exit, stdout } = await cli.run(['--help']);
    expect(exit).toBe(0);
    for (const line of ['0  done', '5  the seat was lost', 'login', 'run ']) expect(stdout).toContain(line);
    expect((await cli.run(['run', '--help'])).stdout).toContain('--on-lost=ACTION');
  });

  it.each([
    [[]],
    [['lgoin']],
    [['login', '--password', 'secret']],
    [['login', '--tenant', 'acme']],
    [['login', '--password-stdin']],
    [['acquire', '--license-key', 'k', '--product', 'p']],
    [['acquire', 'extra']],
    [['run']],
    [['run', '--on-lost=explode', '--', 'true']],
    [['status', '--server', 'localhost']],
    [['verify', '--grace', 'soon']],
  ])('exits with 2 for wrong usage: %j', async (args) => {
    const { exit, stdout, stderr } = await cli.run(args);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--help');
  });

  describe('acquire', () => {
    it('exits with 3 without a login', async () => {
      const { exit, stderr } = await cli.run(['acquire']);
      expect(exit).toBe(3);
      expect(stderr).toContain('coditect-license login');
    });

    it('takes a seat without showing its credential, and mentions heartbeats', async () => {
      await cli.signIn();
      const { exit, stdout } = await cli.run(['acquire', '--feature', 'editor', '--feature', 'review']);
      expect(exit).toBe(0);
      expect(stdout).toContain('heartbeat --watch');
      expect(stdout).not.toContain('cst_');
      expect(cli.server.calls('licenses/acquire')[0]?.body).toEqual({
        machine_id: MACHINE,
        features: ['editor', 'review'],
      });
      expect(cli.server.held).toHaveLength(1);
    });

    it('called again, returns the same seat', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      const [seat] = cli.server.held;
      expect((await cli.json(['acquire'])).data).toMatchObject({ session_id: seat?.id });
      expect(cli.server.held).toHaveLength(1);
    });

    it('gives the former seat back when the new one is of another license', async () => {
      await cli.signIn();
      await cli.run(['acquire', '--license-key', 'CODI-1']);
      await cli.run(['acquire', '--license-key', 'CODI-2']);
      expect(cli.server.held).toHaveLength(1);
    });

    it.each([
      ['no_seats_available', 4, problem(403, 'no_seats_available')],
      ['license_expired', 4, problem(403, 'license_expired')],
      ['rate_limited', 6, problem(429, 'rate_limited', {}, { 'retry-after': '600' })],
      ['validation_failed', 1, problem(422, 'validation_failed')],
    ])('reports %s with exit code %d', async (code, exitCode, answer) => {
      await cli.signIn();
      cli.server.script('licenses/acquire', answer);
      const { exit, data } = await cli.json(['acquire']);
      expect([exit, data]).toMatchObject([exitCode, { error: { code, request_id: 'request-1' } }]);
    });

    it('sends a login to no other server', async () => {
      await cli.signIn();
      const other = await LicenseServer.start();
      expect((await cli.run(['acquire', '--server', other.url])).exit).toBe(3);
      expect(other.calls('auth/refresh')).toEqual([]);
      await other.close();
    });

    it('uses a refresh token once for concurrent commands', async () => {
      await cli.signIn();
      await cli.expireAccessToken();
      const ended = await Promise.all(Array.from({ length: 4 }, () => cli.run(['acquire'])));
      expect(ended.map(({ exit }) => exit)).toEqual([0, 0, 0, 0]);
      expect(cli.server.calls('auth/refresh')).toHaveLength(1);
    });
  });

  describe('heartbeat', () => {
    it('extends the lease once', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      cli.server.leaseSeconds = 999;
      const { exit } = await cli.run(['heartbeat']);
      const { data } = await cli.json(['status']);
      expect(exit).toBe(0);
      expect((data as { seat: { lease_seconds_left: number } }).seat.lease_seconds_left).toBeGreaterThan(900);
    });

    it('exits with 5 when the seat is lost, and forgets it', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      cli.server.end(cli.server.held[0]?.id ?? '', 'revoked');
      expect((await cli.run(['heartbeat'])).exit).toBe(5);
      expect((await cli.json(['status'])).data).toMatchObject({ seat: null });
    });

    it('exits with 1 without a seat', async () => {
      expect((await cli.json(['heartbeat'])).data).toMatchObject({ error: { code: 'no_seat' } });
    });

    it('with --watch, continues until it is stopped, and keeps the seat', async () => {
      cli.server.leaseSeconds = 3;
      await cli.signIn();
      await cli.run(['acquire']);
      const watching = cli.start(['heartbeat', '--watch']);
      await watching.printed('renewed until');
      watching.process.kill('SIGINT');
      expect((await watching.ended).exit).toBe(0);
      expect(cli.server.calls('licenses/heartbeat').length).toBeGreaterThan(1);
      expect(cli.server.held).toHaveLength(1);
    });

    it('with --watch, exits with 5 when the seat is lost', async () => {
      cli.server.leaseSeconds = 3;
      await cli.signIn();
      await cli.run(['acquire']);
      const watching = cli.start(['heartbeat', '--watch']);
      await watching.printed('renewed until');
      cli.server.end(cli.server.held[0]?.id ?? '', 'revoked');
      expect((await watching.ended).exit).toBe(5);
    });
  });

  describe('release', () => {
    it('gives the seat back, once', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      expect((await cli.json(['release'])).data).toMatchObject({ released: true });
      expect(cli.server.held).toEqual([]);
      expect(await cli.json(['release'])).toEqual({ exit: 0, data: { released: false } });
    });

    it('keeps the seat for a later release when the server is down', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      cli.server.outage = { status: 503 };
      expect((await cli.run(['release'])).exit).toBe(6);
      cli.server.outage = undefined;
      expect((await cli.json(['release'])).data).toMatchObject({ released: true });
    });
  });

  describe('status', () => {
    it('shows login, seat and time left without contacting the server', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      cli.server.received.length = 0;
      const { data } = await cli.json(['status']);
      const seat = {
        seat_no: 1,
        verified: true,
        features: ['editor', 'review'],
        lease_seconds_left: expect.any(Number),
      };
      expect(data).toMatchObject({ signed_in: true, email: EMAIL, machine_id: MACHINE, seat });
      const { stdout } = await cli.run(['status']);
      for (const words of [EMAIL, 'lease        ends in', 'verified     yes']) expect(stdout).toContain(words);
      expect(stdout).not.toContain('cst_');
      expect(cli.server.received).toEqual([]);
    });

    it('reports a license of another machine', async () => {
      await cli.signIn();
      await cli.run(['acquire']);
      const { data } = await cli.json(['status'], { env: { CODITECT_MACHINE_ID: 'stolen disk' } });
      expect(data).toMatchObject({ seat: { verified: false, verification_error: 'wrong_machine' } });
    });

    it('works before the first login', async () => {
      expect(await cli.json(['status'])).toMatchObject({ exit: 0, data: { signed_in: false, seat: null } });
    });
  });
});
