import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '@coditect/contracts/webhooks';
import { Webhook } from 'standardwebhooks';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: Event;
}

/** A real HTTP server that keeps every request. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Answers the requests. */
  answer: (response: ServerResponse, request: Received) => void = (response) => response.writeHead(204).end();

  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { url: path = '', headers } = request;
      const received = { path, headers, body, event: JSON.parse(body) as Event };
      this.received.push(received);
      this.answer(response, received);
    });
  });

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Returns the events received at a path, in their order. */
  eventsAt(path: string): Event[] {
    return this.received.filter((request) => request.path === path).map(({ event }) => event);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Answers every request with one status. */
export function always(status: number, headers: Record<string, string> = {}): WebhookReceiver['answer'] {
  return (response) => response.writeHead(status, headers).end();
}

/** Verifies a request with the official library.
 *  @throws Error if its signature is wrong or its timestamp too far from now */
export function verify({ body, headers }: Received, secret: string): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
