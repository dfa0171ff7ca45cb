import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE, startNode, type Child } from './child.js';
import { LicenseServer } from './license-server.js';

const PROGRAM = path.join(PACKAGE, 'test', 'programs', 'hold-seat.mjs');

describe('a host process that holds a seat', () => {
  let server: LicenseServer;

  beforeEach(async () => {
    server = await LicenseServer.start();
    server.accessTokens.add('host-token');
  });
  afterEach(() => server.close());

  const start = (env: Record<string, string>): Child => startNode(PROGRAM, [], { env: { SERVER: server.url, ...env } });
  const held = async (env: Record<string, string> = {}): Promise<Child> => {
    const child = start({ RELEASE_ON_EXIT: 'yes', ...env });
    await child.printed('held');
    return child;
  };

  it('is not kept alive by the client, and keeps its exit code', async () => {
    const { exit, stderr } = await start({ HOST: 'ends' }).ended;
    expect([exit, stderr]).toEqual([3, '']);
    expect(server.held).toHaveLength(1);
  });

  describe('with releaseOnExit', () => {
    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('gives the seat back and ends by %s', async (signal) => {
      const child = await held();
      child.process.kill(signal);
      expect((await child.ended).exit).toBe(signal);
      expect(server.held).toEqual([]);
    });

    it('gives the seat back when it has nothing left to do, and keeps its exit code', async () => {
      const { exit } = await start({ RELEASE_ON_EXIT: 'yes', HOST: 'ends' }).ended;
      expect(exit).toBe(3);
      expect(server.held).toEqual([]);
    });

    it.each(['handles', 'handles once'])('does not end a host that %s the signal', async (host) => {
      const child = await held({ HOST: host });
      child.process.kill('SIGTERM');
      expect((await child.ended).exit).toBe(7);
      expect(server.held).toEqual([]);
    });

    it('gives back the seats of all its clients', async () => {
      const child = await held({ CLIENTS: '2' });
      expect(server.held).toHaveLength(2);
      child.process.kill('SIGTERM');
      expect((await child.ended).exit).toBe('SIGTERM');
      expect(server.held).toEqual([]);
    });

    it('waits only briefly for a server that hangs', async () => {
      const child = await held();
      server.script('licenses/release', 'hang');
      const begun = performance.now();
      child.process.kill('SIGTERM');
      expect((await child.ended).exit).toBe('SIGTERM');
      expect(performance.now() - begun).toBeLessThan(6000);
    });

    it('ends at once on a second signal', async () => {
      const child = await held();
      const request = server.hold('licenses/release');
      child.process.kill('SIGINT');
      await request.arrived;
      child.process.kill('SIGINT');
      expect((await child.ended).exit).toBe('SIGINT');
      request.goOn();
    });

    it('has no handlers left after the seat was given back', async () => {
      const { stdout } = await start({ RELEASE_ON_EXIT: 'yes', HOST: 'releases' }).ended;
      expect(stdout.trim()).toBe('0,0,0,0 1,1,1,1 0,0,0,0');
    });
  });

  it('stays alive in a top-level await while acquire retries', async () => {
    server.script('licenses/acquire', 'reset', { status: 503 });
    const { exit, stderr } = await start({ HOST: 'ends' }).ended;
    expect([exit, stderr]).toEqual([3, '']);
  });
});
