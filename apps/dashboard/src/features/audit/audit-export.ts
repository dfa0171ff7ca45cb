import { problemOf } from '@coditect/api-client/api-problem';
import type { exportFormats } from '@coditect/contracts/names';
import { api } from '#session/api';
import { download } from '#ui/download';
import { auditFilterQuery, type AuditSearch } from './audit-search.ts';

export type ExportFormat = (typeof exportFormats)[number];

/** Fetches the entries that match the filters, and saves them as a file. A plain link could not send the access token.
 *  @param onBytes called with the number of bytes received so far
 *  @throws ApiProblem when the API refuses; the error of `fetch` when the transfer breaks off or is aborted */
export async function downloadAuditLogs(
  format: ExportFormat,
  search: AuditSearch,
  { onBytes, signal }: { onBytes: (bytes: number) => void; signal: AbortSignal },
): Promise<void> {
  const { data, error, response } = await api.GET('/api/v1/audit-logs/export', {
    params: { query: { ...auditFilterQuery(search), format } },
    headers: { accept: '*/*' },
    parseAs: 'stream',
    signal,
  });
  if (!response.ok || !data) throw problemOf(response, error);
  const type = response.headers.get('content-type') ?? 'application/octet-stream';
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  download(await collect(data, type, { onBytes, signal }), name ?? `audit-logs.${format}`);
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  type: string,
  { onBytes, signal }: { onBytes: (bytes: number) => void; signal: AbortSignal },
): Promise<Blob> {
  const chunks: BlobPart[] = [];
  const reader = stream.getReader();
  signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
  for (let bytes = 0; ;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted(); // an aborted export saves no file
    if (done) return new Blob(chunks, { type });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fetch` shares no memory
    chunks.push(value as BlobPart);
    bytes += value.byteLength;
    onBytes(bytes);
  }
}
