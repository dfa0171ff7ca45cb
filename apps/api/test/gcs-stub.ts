import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The faults of a request. */
type Fault = 'refuse' | 'break-off';

/** The part of the Cloud Storage JSON API that the archive uses: upload in one request, download, list and delete.
 *  Keeps objects in memory, and returns the checksums that the client compares. */
export class GcsStub {
  /** Keys are `BUCKET/NAME`. */
  readonly objects = new Map<string, Buffer>();
  /** `POST 2026-01/…/000001.ndjson.gz`, in the order of the requests. */
  readonly calls: string[] = [];
  /** Called for each request. Returns its fault, if any. */
  fault: (method: string, name: string) => Fault | undefined = () => undefined;

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<GcsStub> {
    const server = http.createServer();
    const stub = new GcsStub(server);
    server.on('request', (request, response) => void stub.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname);
    const one = /^(?:\/download)?\/storage\/v1\/b\/([^/]+)\/o\/(.+)$/.exec(pathname);
    const all = /^\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname);
    const bucket = (upload ?? one ?? all)?.[1] ?? '';
    const name = one ? decodeURIComponent(one[2]!) : (searchParams.get('name') ?? '');
    const method = request.method ?? '';
    this.calls.push(`${method} ${name}`);
    const fault = this.fault(method, name);
    if (fault === 'break-off') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the client has aborted
    }
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const resource = (key: string, bytes: Buffer) => ({
      kind: 'storage#object',
      name: key.slice(bucket.length + 1),
      bucket,
      size: String(bytes.length),
      generation: '1',
      ...checksums(bytes),
    });
    if (fault === 'refuse') return json(503, { error: { code: 503, message: 'Backend error' } });
    const key = `${bucket}/${name}`;
    const found = this.objects.get(key);
    if (upload && method === 'POST') {
      if (found && searchParams.get('ifGenerationMatch') === '0')
        return json(412, { error: { code: 412, message: 'conditionNotMet' } });
      const bytes = contentOf(request, Buffer.concat(chunks));
      this.objects.set(key, bytes);
      return json(200, resource(key, bytes));
    }
    if (all && method === 'GET') {
      const items = [...this.objects].filter(([held]) => held.startsWith(`${bucket}/`));
      return json(200, { kind: 'storage#objects', items: items.map(([held, bytes]) => resource(held, bytes)) });
    }
    if (!found) return json(404, { error: { code: 404, message: `No such object: ${key}` } });
    if (method === 'DELETE') {
      this.objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (searchParams.get('alt') !== 'media') return json(200, resource(key, found));
    const { crc32c, md5Hash } = checksums(found);
    response.writeHead(200, { 'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`, 'content-length': found.length });
    response.end(found);
  }
}

/** A `multipart/related` body has the metadata first, then the content. */
function contentOf({ headers }: http.IncomingMessage, body: Buffer): Buffer {
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (!boundary) return body;
  const begin = body.indexOf('\r\n\r\n', body.indexOf(`--${boundary}`, boundary.length)) + 4;
  return body.subarray(begin, body.lastIndexOf(`\r\n--${boundary}`));
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function checksums(bytes: Buffer): { crc32c: string; md5Hash: string } {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC32C[(crc ^ byte) & 0xff]!;
  const crc32c = Buffer.alloc(4);
  crc32c.writeUInt32BE(~crc >>> 0);
  return { crc32c: crc32c.toString('base64'), md5Hash: createHash('md5').update(bytes).digest('base64') };
}
