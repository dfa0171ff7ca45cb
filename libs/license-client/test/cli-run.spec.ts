import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliHarness } from './cli-harness.js';
import { PASSWORD } from './license-server.js';
import { problem } from './server-answer.js';

/** The arguments of a command in JavaScript. */
const js = (source: string) => ['--', process.execPath, '-e', source];
const WAIT = `process.stdin.resume(); process.stdin.on('end', () => process.exit(0)); console.log('ready');`;
const CATCH = (signal: string) =>
  `process.on('${signal}', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready');`;

describe('coditect-license run', () => {
  let cli: CliHarness;

  beforeEach(async () => {
    cli = await CliHarness.start();
    await cli.signIn();
  });
  afterEach(() => cli.close());

  it('runs the command with a seat, and gives the seat back afterwards', async () => {
    const running = cli.start(['run', ...js(WAIT)]);
    await running.printed('ready');
    expect(cli.server.held).toHaveLength(1);
    running.process.stdin?.end();
    expect(await running.ended).toEqual({ exit: 0, stdout: 'ready\n', stderr: '' });
    expect(cli.server.held).toEqual([]);
    expect((await cli.json(['status'])).data).toMatchObject({ seat: null });
  });

  it('exits with the exit code of the command', async () => {
    expect((await cli.run(['run', ...js('process.exit(42)')])).exit).toBe(42);
  });

  it('exits with 128 plus the number of the signal that ended the command', async () => {
    expect((await cli.run(['run', ...js(`process.kill(process.pid, 'SIGKILL')`)])).exit).toBe(137);
  });

  it('exits with 127 if the command is not found, and gives the seat back', async () => {
    const { exit, stderr } = await cli.run(['run', '--', 'no-such-command']);
    expect(exit).toBe(127);
    expect(stderr).toContain('no-such-command');
    expect(cli.server.held).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('forwards %s', async (signal) => {
    const running = cli.start(['run', ...js(CATCH(signal))]);
    await running.printed('ready');
    running.process.kill(signal);
    expect((await running.ended).exit).toBe(9);
    expect(cli.server.held).toEqual([]);
  });

  it('does not start the command without a seat', async () => {
    cli.server.script('licenses/acquire', problem(403, 'no_seats_available'));
    const { exit, stdout } = await cli.run(['run', '--json', ...js(`console.log('started')`)]);
    expect(exit).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'no_seats_available' } });
  });

  it('leaves --json and --help after -- to the command', async () => {
    const { stdout } = await cli.run([
      'run',
      '--',
      process.execPath,
      '-p',
      'process.argv.slice(1)',
      '--',
      '--json',
      '--help',
    ]);
    expect(stdout).toContain('--help');
    expect(stdout).not.toContain('Usage');
  });

  it('hides the password from the command', async () => {
    const source = `console.log(process.env.CODITECT_PASSWORD, process.env.CODITECT_SERVER)`;
    const { stdout } = await cli.run(['run', ...js(source)], { env: { CODITECT_PASSWORD: PASSWORD } });
    expect(stdout).toBe(`undefined ${cli.server.url}\n`);
  });

  it('ends by a signal while it waits for a seat, and gives back a seat that is still granted', async () => {
    const held = cli.server.hold('licenses/acquire');
    const running = cli.start(['run', ...js(`console.log('started')`)]);
    await held.arrived;
    running.process.kill('SIGINT');
    held.goOn();
    expect(await running.ended).toMatchObject({ exit: 130, stdout: '' });
    expect(cli.server.held).toEqual([]);
  });

  describe('when the seat is lost', () => {
    const loseSeat = () => cli.server.end(cli.server.held[0]?.id ?? '', 'revoked');

    beforeEach(() => {
      cli.server.leaseSeconds = 3;
    });

    it('warns and lets the command continue', async () => {
      const running = cli.start(['run', ...js(WAIT)]);
      await running.printed('ready');
      loseSeat();
      await running.printed('the seat was lost');
      running.process.stdin?.end();
      expect((await running.ended).exit).toBe(0);
      expect((await cli.json(['status'])).data).toMatchObject({ seat: null });
    });

    it('terminates the command with --on-lost=terminate, with exit code 5', async () => {
      const running = cli.start(['run', '--on-lost=terminate', ...js(CATCH('SIGTERM'))]);
      await running.printed('ready');
      loseSeat();
      const { exit, stderr } = await running.ended;
      expect(exit).toBe(5);
      expect(stderr).toContain('the seat was lost');
    });
  });

  describe('when run twice on one machine', () => {
    it('shares the seat, and the last one to end gives it back', async () => {
      const first = cli.start(['run', ...js(WAIT)]);
      await first.printed('ready');
      const second = cli.start(['run', ...js(WAIT)]);
      await second.printed('ready');
      expect(cli.server.held).toHaveLength(1);
      first.process.stdin?.end();
      expect((await first.ended).exit).toBe(0);
      expect(cli.server.held).toHaveLength(1);
      second.process.stdin?.end();
      expect((await second.ended).exit).toBe(0);
      expect(cli.server.held).toEqual([]);
    });

    it('gives the seat back even if the other one was killed', async () => {
      const killed = cli.start(['run', ...js(WAIT)]);
      await killed.printed('ready');
      killed.process.kill('SIGKILL');
      killed.process.stdin?.end();
      await killed.ended;
      expect((await cli.run(['run', ...js('')])).exit).toBe(0);
      expect(cli.server.held).toEqual([]);
    });
  });
});
