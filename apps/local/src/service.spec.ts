import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startService, untilReady } from './service.js';

const dir = mkdtempSync(path.join(os.tmpdir(), 'service-spec-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('startService', () => {
  it('runs a script with its environment and keeps its output in the log', async () => {
    const script = path.join(dir, 'speaks.mjs');
    writeFileSync(
      script,
      'console.log(process.env.WORD, process.env.DIE_WITH_PARENT, process.connected); process.exit(4)',
    );
    const log = path.join(dir, 'logs', 'speaks.log');

    const service = startService(script, { WORD: 'hello' }, log);

    expect(await service.ended).toEqual({ reason: 'exit code 4', output: 'hello 1 true' });
    expect(readFileSync(log, 'utf8')).toBe('hello 1 true\n');
  });

  it('says what to do if the script is not built', () => {
    expect(() => startService(path.join(dir, 'nothing.js'), {}, path.join(dir, 'nothing.log'))).toThrow(
      /nothing\.js is missing: build the workspace first/,
    );
  });
});

describe('untilReady', () => {
  const never = new AbortController().signal;
  let server: http.Server;
  async function answering(...statuses: number[]): Promise<string> {
    const port = await freePort();
    server = http.createServer((_, response) => {
      response.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 500;
      response.end(response.statusCode === 200 ? '' : 'redis: down');
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${port}/readyz`;
  }
  afterEach(() => server.close());

  it('waits for a 200', async () => {
    await expect(untilReady(await answering(503, 503, 200), never)).resolves.toBeUndefined();
  });

  it('gives up with the last answer', async () => {
    await expect(untilReady(await answering(503), never, 200)).rejects.toThrow(
      /not ready after 0\.2 s: .*\/readyz answers 503 redis: down$/,
    );
  });

  it('gives up at once when the product is stopped', async () => {
    const reason = new Error('API ended');

    await expect(untilReady(await answering(503), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
