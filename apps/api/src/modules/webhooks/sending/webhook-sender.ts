import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Event } from '@coditect/contracts/webhooks';
import { Agent, type Dispatcher, request } from 'undici';
import { Clock } from '#platform/clock';
import { AddressNotAllowed, WebhookAddresses } from './webhook-addresses.js';
import { retryAfterMs } from './webhook-retries.js';
import { type SealedEndpoint, signatureHeaders, WebhookSecrets } from './webhook-secrets.js';

/** Limit of a whole request, from the look-up of the host to the last byte read. */
const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_ANSWER_BYTES = 2 * 1024;

/** The endpoint to send to, with the secrets to sign with. */
type Receiver = SealedEndpoint & { url: string };

/** The result of one request. */
export interface Sent {
  attemptedAt: Date;
  durationMs: number;
  /** Null if there was no answer; `error` says why. */
  statusCode: number | null;
  error: string | null;
  body: string | null;
  /** The wait that the endpoint asked for with `Retry-After`, in ms. */
  retryAfterMs: number | undefined;
}

/** Whether the endpoint has accepted the event: any 2xx status. */
export function hasSucceeded({ statusCode }: Sent): boolean {
  return statusCode !== null && statusCode >= 200 && statusCode < 300;
}

/** Sends signed messages to endpoints. Follows no redirect: the organization has not chosen the address it leads to. */
@Injectable()
export class WebhookSender implements OnModuleDestroy {
  private readonly agent: Agent;

  constructor(
    private readonly addresses: WebhookAddresses,
    private readonly secrets: WebhookSecrets,
    private readonly clock: Clock,
  ) {
    this.agent = new Agent({ connect: { lookup: addresses.lookup, timeout: TIMEOUT_MS } });
  }

  async onModuleDestroy(): Promise<void> {
    await this.agent.destroy();
  }

  /** Sends one event. Never throws: a failure is in the result's `error`. */
  async send(endpoint: Receiver, event: Event): Promise<Sent> {
    const attemptedAt = this.clock.now();
    const started = performance.now();
    const answered = await this.post(endpoint, event, attemptedAt).catch((error: unknown) => ({
      ...NO_ANSWER,
      error: reasonOf(error),
    }));
    return { attemptedAt, durationMs: Math.round(performance.now() - started), ...answered };
  }

  private async post(endpoint: Receiver, event: Event, at: Date): Promise<Omit<Sent, keyof Timing>> {
    const refusal = this.addresses.refusalOf(endpoint.url);
    if (refusal) throw new AddressNotAllowed(`the URL ${refusal}`);
    const body = JSON.stringify(event);
    if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw new Error('the event is larger than 256 KB');
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(endpoint.url, {
      method: 'POST',
      body,
      dispatcher: this.agent,
      signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'CODITECT-Webhooks/1.0',
        ...signatureHeaders({ id: event.id, at, body }, this.secrets.current(endpoint, at)),
      },
    });
    const retryAfter = answer.headers['retry-after'];
    return {
      statusCode: answer.statusCode,
      error: null,
      body: await beginningOf(answer.body),
      retryAfterMs: typeof retryAfter === 'string' ? retryAfterMs(retryAfter, at) : undefined,
    };
  }
}

type Timing = Pick<Sent, 'attemptedAt' | 'durationMs'>;
const NO_ANSWER = { statusCode: null, body: null, retryAfterMs: undefined };

/** Returns the first MAX_ANSWER_BYTES of a body; null if it is empty. Never throws: a body that breaks off or never
 *  ends does not change the result, which is the status. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      const bytes: Buffer = chunk;
      chunks.push(bytes);
      size += bytes.length;
      if (size >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // keep what has arrived
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8').replaceAll('\0', '');
  return text === '' ? null : text;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError' || /TIMEOUT|TIMEDOUT/.test(codeOf(error))) return 'no answer within 10 seconds';
  if (error instanceof AddressNotAllowed) return error.message;
  return [codeOf(error), error.message]
    .filter((part) => part !== '')
    .join(': ')
    .slice(0, 500);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
