import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMAIL, LicenseServer, PASSWORD } from '../../test/license-server.js';
import { problem } from '../../test/server-answer.js';
import { main } from './main.js';

describe('login at a terminal', () => {
  let server: LicenseServer;
  let home: string;

  beforeEach(async () => {
    server = await LicenseServer.start();
    home = await mkdtemp(path.join(os.tmpdir(), 'coditect-login-'));
  });
  afterEach(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });

  it('asks once for the second factor code if the account has a second factor', async () => {
    server.script('auth/login', problem(401, 'two_factor_required'), problem(401, 'two_factor_invalid'));
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const env = { CODITECT_SERVER: server.url, CODITECT_CONFIG_DIR: home, CODITECT_PASSWORD: PASSWORD };
    const stderr = new PassThrough();
    stdin.write('492 039\r'); // read when it is asked for
    const ended = main(['login', '--email', EMAIL], { env, stdin, stdout: new PassThrough(), stderr });
    expect(await ended).toBe(3);
    expect(String(stderr.read())).toMatch(/Code of the second factor: [^]*two_factor_invalid/);
    expect(server.calls('auth/login').map(({ body }) => body['two_factor_code'])).toEqual([undefined, '492 039']);
  });
});
