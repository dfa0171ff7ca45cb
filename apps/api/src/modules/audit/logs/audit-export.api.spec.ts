import http from 'node:http';
import { text } from 'node:stream/consumers';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '#test/app';
import { eraseFromAudit, tamper, writeEntries } from '#test/audit-entries';
import { eventually } from '#test/drills/eventually';
import type { TestTenant } from '#test/factory';
import { verifyOffline } from '#test/offline-audit';
import { ChainReader } from '../chain/chain-reader.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

const exported = async ({ owner }: TestTenant, query: string) =>
  api.get(`audit-logs/export?${query}`, owner.accessToken).expect(200);
/** The body that supertest keeps of a response whose type it does not know. */
const textOf = ({ text: parsed, body }: { text?: string; body: unknown }) => parsed ?? String(body);

describe('given audit entries with every kind of content, when they are exported', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant();
    const ada = { actorType: 'user', actorId: tenant.member.id, actorName: 'ada@acme.example' } as const;
    await writeEntries(api, tenant.id, [
      { ...ada, ip: '2001:db8::1', userAgent: 'A "quoted", agent\r\nof two lines', after: { name: 'é,"x"', n: 1.5 } },
      { action: 'thing.removed', before: { z: null, a: [1, { b: true }] }, requestId: 'req-00000002' },
      ...['=1+1', '+1', '-1', '@x', '\tx', '\rx', "'=x", '1=1', 'x;=1', 'x;\t@y; +z'].map((actorName) => ({
        ...ada,
        actorName,
      })),
    ]);
  });

  it('then NDJSON verifies offline, and the command line agrees with the endpoint', async () => {
    const answer = await exported(tenant, 'format=ndjson');
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="audit-logs-\d{8}T\d{6}Z\.ndjson"$/);
    const { body } = await api.get('audit-logs/verify', tenant.owner.accessToken).expect(200);
    const { exit, report } = await verifyOffline(textOf(answer));
    expect([exit, { ...report, sealed_at: expect.any(String) }]).toEqual([0, body]);
    expect(report).toMatchObject({ valid: true, entries: 13 });
  });

  it('then CSV is a table according to RFC 4180 and contains no formula', async () => {
    const answer = await exported(tenant, 'format=csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    const csv = textOf(answer);
    expect(csv.split('\r\n', 1)[0]).toBe(
      'sequence,occurred_at,actor_type,actor_id,actor_name,action,resource_type,resource_id,before,after,ip,user_agent,request_id,id,erased_at',
    );
    expect(csv).toContain('"{""n"":1.5,""name"":""é,\\""x\\""""}",2001:db8::1,"A ""quoted"", agent\r\nof two lines",');
    expect(csv).toMatch(
      /\r\n2,[^,]+,system,,,thing\.removed,thing,2,"{""a"":\[1,{""b"":true}\],""z"":null}",,,,req-00000002,/,
    );
    for (const cell of [
      ",'=1+1,",
      ",'+1,",
      ",'-1,",
      ",'@x,",
      ",'\tx,",
      `,"'\rx",`,
      ",'=x,",
      ',1=1,',
      ",x;'=1,",
      ",x;\t'@y; +z,",
    ])
      expect(csv).toContain(cell);
    expect(csv).not.toMatch(/(^|,|\n)"?[=+\-@\t]/);
  });

  it('then filters select entries, and the selection verifies as a partial export', async () => {
    const lines = textOf(await exported(tenant, 'format=ndjson&action=thing.removed'))
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ sequence: 2, action: 'thing.removed' }]);
    expect((await verifyOffline(lines.join('\n'))).exit).toBe(1);
    expect((await verifyOffline(lines.join('\n'), '--partial')).exit).toBe(0);
    const none = await exported(tenant, 'format=csv&from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z');
    expect(textOf(none)).toMatch(/^sequence,[^\n]+\r\n$/);
  });

  it('then each export is recorded as an entry, which its own file contains', async () => {
    const before = await api.auditOf(tenant.id, 'audit_log.exported');
    const answer = await exported(tenant, 'format=ndjson&action=audit_log.*&search=EXPORT');
    const entries = await api.auditOf(tenant.id, 'audit_log.exported');
    expect(entries).toHaveLength(before.length + 1);
    expect(entries.at(-1)).toMatchObject({
      actorId: tenant.owner.id,
      after: { format: 'ndjson', action: 'audit_log.*', search: 'EXPORT' },
    });
    expect(textOf(answer)).toContain(entries.at(-1)!.id);
  });

  it('then erased and tampered entries show in it as they do at the endpoint', async () => {
    await eraseFromAudit(api, tenant.member, 'ada@acme.example');
    const erased = await verifyOffline(textOf(await exported(tenant, 'format=ndjson')));
    expect([erased.exit, erased.report]).toMatchObject([0, { valid: true, erased: 11 }]);
    await tamper(api, `UPDATE audit_logs SET action = 'x' WHERE tenant_id = $1 AND sequence = 2`, tenant.id);
    const tampered = await verifyOffline(textOf(await exported(tenant, 'format=ndjson')));
    expect([tampered.exit, tampered.report]).toMatchObject([
      1,
      { broken_at: { sequence: 2, reason: 'hash_mismatch' } },
    ]);
  });

  it.each(['', 'format=xml', 'format=csv&limit=1', 'format=csv&from=x'])('then ?%s is refused', async (query) => {
    await api.get(`audit-logs/export?${query}`, tenant.owner.accessToken).expect(422);
  });

  it('then it contains no entry of another tenant', async () => {
    const stranger = await api.factory.tenant();
    const lines = textOf(await exported(stranger, 'format=ndjson'))
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ tenant_id: stranger.id }]);
  });
});

describe('given 200,000 audit entries, when they are exported', () => {
  const COUNT = 200_000;
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant();
    // Not properly sealed: these tests are only about the number of entries.
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

  /** Counts the pages that are read. */
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
    'then all are in the %s file, and memory does not grow with them',
    async (format) => {
      const response = await get(format);
      const before = process.memoryUsage.rss();
      let [lines, most] = [0, before];
      for await (const chunk of response as AsyncIterable<Buffer>) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
        most = Math.max(most, process.memoryUsage.rss());
      }
      expect(lines).toBeGreaterThanOrEqual(COUNT);
      expect((most - before) / 2 ** 20).toBeLessThan(100);
    },
    120_000,
  );

  it('then the export waits for a client that does not read, and ends when the client disconnects', async () => {
    const seen = watchPages();
    const response = await get('ndjson'); // the client does not read
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

  it('then a filter that matches one entry finds it, wherever it is', async () => {
    const lines = (await text(await get('ndjson&resource_id=199999'))).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ sequence: 199_999 }]);
  });
});
