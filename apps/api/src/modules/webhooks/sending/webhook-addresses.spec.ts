import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NameServer } from '#test/name-server';
import { addressesWith, sendingEnv, sendTo } from '#test/webhook-sending';
import { loadConfig } from '#config/config';
import { HostLookup, isPublicAddress } from './webhook-addresses.js';

/** Asks the name server of this spec, or resolves every host to this machine. */
class TestLookup extends HostLookup {
  asked = 0;
  protected override resolver() {
    const resolver = super.resolver();
    resolver.setServers([names.address]);
    return resolver;
  }
  override ofSystem(): Promise<LookupAddress[]> {
    this.asked += 1;
    return Promise.resolve([{ address: this.asked === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }]);
  }
}

const addresses = (allowPrivate: boolean, hosts = new HostLookup()) => addressesWith(hosts, allowPrivate);
const send = (hosts: HostLookup, url: string, allowPrivate = false) => sendTo(url, hosts, allowPrivate);

let server: Server;
let requests = 0;
let names: NameServer;
beforeAll(async () => {
  names = await NameServer.start();
  server = createServer((_, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await names.stop();
});
beforeEach(() => {
  names.silentTo = [];
  names.asked.length = 0;
});
const port = () => (server.address() as AddressInfo).port;

describe('an address', () => {
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:1::',
    'fe80::1',
    'fec0::1',
    'fc00::1',
    '2001:db8::1',
    'ff02::1',
    'fe80::1%eth0',
    '',
    'localhost',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('the URL of an endpoint', () => {
  it.each(['https://hooks.acme.example/a?b=c', 'https://hooks.acme.example:8443/', 'https://1.1.1.1/'])(
    'may be %s',
    (url) => expect(addresses(false).refusalOf(url)).toBeUndefined(),
  );

  it.each([
    ['http://hooks.acme.example/', 'must be https'],
    ['ftp://hooks.acme.example/', 'must be https'],
    ['https://hooks.acme.example:22/', 'must use port 443 or 8443'],
    ['https://ada:secret@hooks.acme.example/', 'must not contain credentials'],
    ['https://127.0.0.1/', 'must be a public address'],
    ['https://0x7f000001/', 'must be a public address'],
    ['https://2130706433/', 'must be a public address'],
    ['https://127.1/', 'must be a public address'],
    ['https://169.254.169.254/latest/meta-data', 'must be a public address'],
    ['https://[::1]/', 'must be a public address'],
    ['https://[::ffff:10.0.0.1]/', 'must be a public address'],
    ['https://[64:ff9b::7f00:1]/', 'must be a public address'],
  ])('must not be %s: %s', (url, refusal) => expect(addresses(false).refusalOf(url)).toBe(refusal));

  it('may name this machine in development, but still without credentials', () => {
    expect(addresses(true).refusalOf('http://127.0.0.1:3000/')).toBeUndefined();
    expect(addresses(true).refusalOf('http://ada:secret@127.0.0.1/')).toBe('must not contain credentials');
    expect(addresses(true).refusalOf('file:///etc/passwd')).toBe('must be https or http');
  });
});

describe('production', () => {
  it('does not start with WEBHOOK_ALLOW_PRIVATE', () => {
    const production = { ...sendingEnv(true), NODE_ENV: 'production', PUBLIC_URL: 'https://licenses.example' };
    expect(() => loadConfig(production)).toThrow('WEBHOOK_ALLOW_PRIVATE');
    expect(loadConfig({ ...production, WEBHOOK_ALLOW_PRIVATE: 'false' }).webhooks.allowPrivate).toBe(false);
  });
});

describe('sending to a host', () => {
  const HOST = 'hooks.acme.example';
  const HOOK = `https://${HOST}:8443/`;
  const PUBLIC = '93.184.216.34';

  it.each([
    [{ A: ['127.0.0.1'] }],
    [{ A: ['10.0.0.8'] }],
    [{ AAAA: ['::1'] }],
    [{ AAAA: ['::ffff:127.0.0.1'] }],
    [{ A: [PUBLIC, '127.0.0.1'] }],
    [{ A: [PUBLIC], AAAA: ['fd00::1'] }],
    [{ CNAME: 'inside.acme.example' }],
  ])('that is at %j is refused without a connection', async (records) => {
    names.zone = { [HOST]: records, 'inside.acme.example': { A: ['169.254.169.254'] } };
    const sent = await send(new TestLookup(), HOOK);
    expect(sent).toMatchObject({ statusCode: null, error: 'the host is not at a public address' });
    expect(names.asked.toSorted()).toEqual([`A ${HOST}`, `AAAA ${HOST}`]);
  });

  it('that does not exist or has no address fails with the reason', async () => {
    names.zone = { 'empty.example': {} };
    expect((await send(new TestLookup(), HOOK)).error).toContain('ENOTFOUND');
    expect((await send(new TestLookup(), 'https://empty.example/')).error).toContain('ENODATA');
  });

  it.each(['localhost', 'hooks.localhost'])('of this machine is refused: %s', async (host) => {
    expect((await send(new TestLookup(), `https://${host}/`)).error).toMatch(/not at a public address|ENOTFOUND/);
  });

  it('connects to the checked address after a single look-up, because a second answer may differ', async () => {
    const rebinding = new TestLookup();
    const before = requests;
    const sent = await send(rebinding, `http://only-known-here.test:${port()}/`, true);
    expect([sent.statusCode, requests - before, rebinding.asked]).toEqual([200, 1, 1]);
  });

  it('reaches host names of this machine in development', async () => {
    expect((await send(new HostLookup(), `http://localhost:${port()}/`, true)).statusCode).toBe(200);
  });

  it('is refused if the name was public when the endpoint was created but now resolves to a private address', async () => {
    names.zone = { [HOST]: { A: [PUBLIC], AAAA: ['2606:4700:4700::1111'] } };
    const checked = addresses(false, new TestLookup());
    const firstAnswer = await new Promise((resolve) => {
      checked.lookup(HOST, { all: true }, (error, found) => resolve([error, found]));
    });
    const both = [
      { address: PUBLIC, family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ];
    expect(firstAnswer).toEqual([null, both]);
    names.zone = { [HOST]: { A: ['127.0.0.1'] } };
    expect((await send(new TestLookup(), HOOK)).error).toBe('the host is not at a public address');
  });

  it('is refused for a URL that only development allows', async () => {
    const before = requests;
    const sent = await send(new HostLookup(), `http://127.0.0.1:${port()}/`);
    expect([sent.error, requests - before]).toEqual(['the URL must be https', 0]);
  });
});

describe('a name server that does not answer', () => {
  it('is given up after two seconds, and meanwhile blocks no thread that files and passwords need', async () => {
    names.silentTo = ['A', 'AAAA'];
    const settled: string[] = [];
    const sent = Array.from({ length: 8 }, async () => {
      const result = await send(new TestLookup(), 'https://hooks.acme.example/');
      settled.push('sent');
      return result;
    });
    await readFile(new URL(import.meta.url)).then(() => settled.push('read'));
    const results = await Promise.all(sent);
    expect(settled[0]).toBe('read');
    for (const { error, durationMs } of results) {
      expect(error).toBe('the name servers did not answer within 2 seconds');
      expect(durationMs).toBeLessThan(4_000);
    }
  });

  it('for one of the two address families does not prevent using the other', async () => {
    names.silentTo = ['AAAA'];
    names.zone = { 'hooks.acme.example': { A: ['93.184.216.34'] } };
    const found = await new TestLookup().ofNameServers('hooks.acme.example');
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }]);
  });
});
