import { createSecretKey } from 'node:crypto';
import { loadConfig } from '#config/config';
import { type HostLookup, WebhookAddresses } from '#modules/webhooks/sending/webhook-addresses';
import { type Sent, WebhookSender } from '#modules/webhooks/sending/webhook-sender';
import { WebhookSecrets } from '#modules/webhooks/sending/webhook-secrets';
import { Clock } from '#platform/clock';
import type { Keys } from '#platform/secrets/keys';

/** The environment of a process that may send webhooks to private addresses, or not. */
export const sendingEnv = (allowPrivate: boolean): NodeJS.ProcessEnv => ({
  DATABASE_URL: 'postgresql://x',
  SYSTEM_DATABASE_URL: 'postgresql://x',
  REDIS_URL: 'redis://x',
  WEBHOOK_ALLOW_PRIVATE: String(allowPrivate),
});

export const addressesWith = (hosts: HostLookup, allowPrivate: boolean) =>
  new WebhookAddresses(loadConfig(sendingEnv(allowPrivate)), hosts);

const bytes = Buffer.alloc(32, 1);
const key = createSecretKey(bytes);
const keys: Keys = {
  accessTokenKey: key,
  accessTokenPublicKey: key,
  sessionTokenSecret: bytes,
  deriveKey: () => bytes,
};
const secrets = new WebhookSecrets(keys);
const ref = { tenantId: 'a-tenant', id: 'an-endpoint' };
const event = {
  id: 'an-event',
  sequence: 1,
  type: 'user.created',
  timestamp: '2026-11-22T09:30:00.000Z',
  resource_type: 'user',
  resource_id: 'x',
  data: {},
};

/** Sends an event to a URL, with its own sender. */
export async function sendTo(url: string, hosts: HostLookup, allowPrivate: boolean): Promise<Sent> {
  const sender = new WebhookSender(addressesWith(hosts, allowPrivate), secrets, new Clock());
  const endpoint = { ...ref, url, secret: secrets.make(ref).sealed, previousSecret: null, previousSecretUntil: null };
  try {
    return await sender.send(endpoint, event);
  } finally {
    await sender.onModuleDestroy();
  }
}
