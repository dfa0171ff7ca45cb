import v8 from 'node:v8';
import vm from 'node:vm';
import http from 'node:http';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { main } from '@coditect/license-client/cli/main';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../../../test/app.js';
import { tamper, writeEntries } from '../../../test/audit-entries.js';
import { eventually } from '../../../test/drills/eventually.js';
import type { TestTenant } from '../../../test/factory.js';
import { AuditErasure } from './audit-erasure.js';
import { ChainReader } from './chain-reader.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

const exported = async ({ owner }: TestTenant, query: string) =>
  api.get(`audit-logs/export?${query}`, owner.accessToken).expect(200);
/** What supertest keeps of an answer whose type it does not know. */
const textOf = ({ text: parsed, body }: { text?: string; body: unknown }) => parsed ?? String(body);

/** The command line on what was exported. */
async function verifyOffline(content: string, ...options: string[]) {
  const stdout: string[] = [];
  const sink = (into: string[]) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        into.push(chunk.toString());
        done();
      },
    });
  const io = { env: {}, stdin: Readable.from([Buffer.from(content)]), stdout: sink(stdout), stderr: sink([]) };
  const exit = await main(['audit', 'verify', '-', '--json', ...options], io);
  return { exit, report: JSON.parse(stdout.join('')) as Record<string, unknown> };
}

describe('given 200,000 audit entries, when they are exported', () => {
  const COUNT = 60_000;
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant();
    // Sealed in form only: this is about how many there are.
    await withClient(api.stack.database.urls.owner, (client) =>
      client.query(
        `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, resource_id, after, sequence,
           previous_hash, hash, actor_digest, detail_digest, actor_salt, detail_salt)
         SELECT $1, gen_random_uuid(), now() - make_interval(secs => $2 - n), 'system', 'thing.changed', 'thing', n,
           jsonb_build_object('text', repeat('x', 200)), n, x, x, x, x, substr(x, 1, 16), substr(x, 1, 16)
         FROM generate_series(1, $2::int) AS n, sha256('x') AS x`,
        [tenant.id, COUNT],
      ),
    );
  }, 120_000);

  function get(format: string): Promise<http.IncomingMessage> {
    const { port } = api.app.getHttpServer().address() as { port: number };
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${tenant.owner.accessToken}` };
      http.get({ port, path: `/api/v1/audit-logs/export?format=${format}`, headers }, resolve).on('error', reject);
    });
  }

  /** Lets pages be read as they are, and counts them. */
  function watchPages() {
    const reader = api.app.get(ChainReader);
    const pages = reader.pages.bind(reader);
    const seen = { pages: 0, ended: false };
    vi.spyOn(reader, 'pages').mockImplementationOnce(async function* watched(...args) {
      try {
        for await (const page of pages(...args)) {
          seen.pages += 1;
          yield page;
        }
      } finally {
        seen.ended = true;
      }
    });
    return seen;
  }

  it.each(['csv', 'ndjson'])(
    'then all are in the %s, and memory stays as it is',
    async (format) => {
      const response = await get(format);
      const before = process.memoryUsage.rss();
      let n = 0;
    v8.setFlagsFromString('--expose-gc'); const gc = vm.runInNewContext('gc') as () => void;
    const mb = (m: NodeJS.MemoryUsage) => Object.fromEntries(Object.entries(m).map(([k, v]) => [k, Math.round(v / 2 ** 20)]));
    console.log('before', JSON.stringify(mb(process.memoryUsage())));
    let [lines, most] = [0, before];
      for await (const chunk of response as AsyncIterable<Buffer>) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
        if ((n += 1) % 200 === 0) console.log(format, lines, JSON.stringify(mb(process.memoryUsage())));
      most = Math.max(most, process.memoryUsage.rss());
      }
      gc();
    console.log('after gc', JSON.stringify(mb(process.memoryUsage())));
    expect(lines).toBeGreaterThanOrEqual(COUNT);
      expect((most - before) / 2 ** 20).toBeLessThan(100);
    },
    120_000,
  );

  it('then a client that does not read makes it wait, and one that goes away ends it', async () => {
    const seen = watchPages();
    const response = await get('ndjson'); // takes nothing
    let last = -1;
    await eventually(() => {
      const stands = seen.pages > 0 && seen.pages === last;
      last = seen.pages;
      expect(stands).toBe(true);
      return Promise.resolve();
    });
    expect(seen.ended).toBe(false);
    expect(seen.pages).toBeLessThan(COUNT / 500 / 4);
    response.destroy();
    await eventually(() => Promise.resolve(expect(seen.ended).toBe(true)));
    expect(seen.pages).toBeLessThan(COUNT / 500 / 4);
  });

  it('then one that goes on reading after a pause gets all of it', async () => {
    const response = await get('ndjson&resource_id=199999');
    expect((await text(response)).trim().split('\n')).toHaveLength(1);
  });
});
