import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { WebhookEndpoint } from '@coditect/db/generated/prisma/client';
import { Keys } from '#platform/secrets/keys';
import { openText, sealText } from '#platform/secrets/sealed-text';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

type EndpointRef = Pick<WebhookEndpoint, 'tenantId' | 'id'>;
/** An endpoint with its secrets as they are stored. */
export type SealedEndpoint = EndpointRef & Pick<WebhookEndpoint, 'secret' | 'previousSecret' | 'previousSecretUntil'>;

/** The secrets that sign deliveries (Standard Webhooks 1.0). Signing needs the secret itself, so it is stored
 *  encrypted, not hashed. */
@Injectable()
export class WebhookSecrets {
  private readonly key: Buffer;

  constructor(keys: Keys) {
    this.key = keys.deriveKey('webhook secrets');
  }

  /** Makes a new secret. `secret` is shown once, `sealed` is stored. */
  make(endpoint: EndpointRef): { secret: string; sealed: string } {
    const secret = PREFIX + randomBytes(SECRET_BYTES).toString('base64');
    return { secret, sealed: sealText(secret, this.key, placeOf(endpoint)) };
  }

  /** Returns the secrets that sign at `now`: after a rotation the new and the previous one, so that a receiver can
   *  switch in its own time.
   *  @throws Error if a secret was sealed with another key */
  current(endpoint: SealedEndpoint, now: Date): string[] {
    const { secret, previousSecret, previousSecretUntil } = endpoint;
    const both =
      previousSecret && previousSecretUntil && previousSecretUntil > now ? [secret, previousSecret] : [secret];
    return both.map((sealed) => {
      const opened = openText(sealed, this.key, placeOf(endpoint));
      if (opened === undefined) throw new Error('the secret cannot be opened: rotate it');
      return opened;
    });
  }
}

/** What the encryption is bound to: a sealed secret cannot be opened in the row of another endpoint. */
function placeOf({ tenantId, id }: EndpointRef): string {
  return `${tenantId}:${id}`;
}

/** The headers of a signed message (Standard Webhooks 1.0): HMAC-SHA256 over id, timestamp in seconds, and body. */
export function signatureHeaders(
  message: { id: string; at: Date; body: string },
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${message.id}.${timestamp}.${message.body}`).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
