import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
  status: { code?: number };
}
interface OtlpBody {
  resourceSpans: { resource: unknown; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** A collector that keeps everything it receives by OTLP/HTTP. */
export class TraceCollector {
  readonly spans: OtlpSpan[] = [];
  /** The raw text of everything received. */
  text = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TraceCollector> {
    const server = createServer();
    const collector = new TraceCollector(server);
    server.on('request', (request, response) => {
      void collector.receive(request, response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Returns the names below a span, as a tree. */
  treeOf(spanId: string): Record<string, unknown> {
    const children = this.spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    return Object.fromEntries(children.map(({ spanId: child, name }) => [name, this.treeOf(child)]));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.take((await json(request)) as OtlpBody);
    response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
  }

  private take(body: OtlpBody): void {
    this.text += JSON.stringify(body);
    for (const { scopeSpans } of body.resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
  }
}

/** Returns the attributes of a span as an object. */
export function attributesOf({ attributes }: OtlpSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
