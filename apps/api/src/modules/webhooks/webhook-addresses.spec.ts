import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LookupAddress } from 'node:dns';
import type { WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/config.js';
import { Clock } from '../../platform/clock.js';
import type { Keys } from '../../platform/keys.js';
import { HostLookup, isPublicAddress, WebhookAddresses } from './webhook-addresses.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookSecrets } from './webhook-signatures.js';

/** A name server that says what it is told to, one answer after the other. */
class ScriptedLookup extends HostLookup {
  asked = 0;
  constructor(private readonly answers: string[][]) {
    super();
  }
  override all(): Promise<LookupAddress[]> {
    const addresses = this.answers[Math.min(this.asked, this.answers.length - 1)]!;
    this.asked += 1;
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  }
}

const env = (allowPrivate: boolean): NodeJS.ProcessEnv => ({
  ...{ DATABASE_URL: 'postgresql://x', SYSTEM_DATABASE_URL: 'postgresql://x', REDIS_URL: 'redis://x' },
  WEBHOOK_ALLOW_PRIVATE: String(allowPrivate),
});
const addresses = (allowPrivate: boolean, hosts = new HostLookup()) =>
  new WebhookAddresses(loadConfig(env(allowPrivate)), hosts);

const secrets = new WebhookSecrets({ deriveKey: () => Buffer.alloc(32, 1) } as unknown as Keys);
const ref = { tenantId: 'a-tenant', id: 'an-endpoint' };
const endpointAt = (url: string) =>
  ({ ...ref, url, secret: secrets.make(ref).sealed, previousSecret: null }) as unknown as WebhookEndpoint;
const event = {
  ...{ id: 'an-event', sequence: 1, type: 'user.created', timestamp: '2026-11-22T09:30:00.000Z' },
  ...{ resource_type: 'user', resource_id: 'x', data: {} },
};
const send = async (hosts: HostLookup, url: string, allowPrivate = false) => {
  const sender = new WebhookSender(addresses(allowPrivate, hosts), secrets, new Clock());
  try {
    return await sender.send(endpointAt(url), event);
  } finally {
    await sender.onModuleDestroy();
  }
};

let server: Server;
let requests = 0;
beforeAll(async () => {
  server = createServer((_, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const port = () => (server.address() as AddressInfo).port;

describe('an address', () => {
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.0.0.1', '192.0.2.1'],
    ...['192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1'],
    ...['255.255.255.255', '::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1'],
    ...['64:ff9b:1::1', '2002:7f00:1::', '2001:0:1::', 'fe80::1', 'fec0::1', 'fc00::1', '2001:db8::1', 'ff02::1'],
    ...['fe80::1%eth0', '', 'localhost'],
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));
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
  ])('may not be %s: %s', (url, refusal) => expect(addresses(false).refusalOf(url)).toBe(refusal));

  it('may be of this machine in development, still without credentials', () => {
    expect(addresses(true).refusalOf('http://127.0.0.1:3000/')).toBeUndefined();
    expect(addresses(true).refusalOf('http://ada:secret@127.0.0.1/')).toBe('must not contain credentials');
    expect(addresses(true).refusalOf('file:///etc/passwd')).toBe('must be https or http');
  });
});

describe('production', () => {
  it('does not start with WEBHOOK_ALLOW_PRIVATE', () => {
    const production = { ...env(true), NODE_ENV: 'production', PUBLIC_URL: 'https://licenses.example' };
    expect(() => loadConfig(production)).toThrow('WEBHOOK_ALLOW_PRIVATE');
    expect(loadConfig({ ...production, WEBHOOK_ALLOW_PRIVATE: 'false' }).webhooks.allowPrivate).toBe(false);
  });
});

describe('sending to a host', () => {
  it.each([[['127.0.0.1']], [['10.0.0.8']], [['::ffff:127.0.0.1']], [['93.184.216.34', '127.0.0.1']], [[]]])(
    'that is at %j is refused, and nobody is connected to',
    async (answer) => {
      const hosts = new ScriptedLookup([answer]);
      const sent = await send(hosts, 'https://hooks.acme.example:8443/');
      expect(sent).toMatchObject({ statusCode: null, error: 'the host is not at a public address' });
      expect(hosts.asked).toBe(1);
    },
  );

  it('connects to the very address that was checked, and asks for it once: the next answer may be another', async () => {
    const rebinding = new ScriptedLookup([['127.0.0.1'], ['192.0.2.1']]);
    const before = requests;
    const sent = await send(rebinding, `http://only-known-here.test:${port()}/`, true);
    expect([sent.statusCode, requests - before, rebinding.asked]).toEqual([200, 1, 1]);
  });

  it('is refused when the name that was public when the endpoint was made now leads inside', async () => {
    const rebinding = new ScriptedLookup([['93.184.216.34'], ['127.0.0.1']]);
    const checked = addresses(false, rebinding);
    const firstAnswer = await new Promise((resolve) => {
      checked.lookup('hooks.acme.example', { all: true }, (error, found) => resolve([error, found]));
    });
    expect(firstAnswer).toEqual([null, [{ address: '93.184.216.34', family: 4 }]]);
    expect((await send(rebinding, 'https://hooks.acme.example/')).error).toBe('the host is not at a public address');
  });

  it('is refused for a URL that was allowed in development', async () => {
    const before = requests;
    const sent = await send(new HostLookup(), `http://127.0.0.1:${port()}/`);
    expect([sent.error, requests - before]).toEqual(['the URL must be https', 0]);
  });
});
