import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemCodes, type Problem, type ProblemCode } from '@coditect/contracts/problem';
import { PROBLEM_JSON } from '../problems/problem.filter.js';

const codeOf: Partial<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Responds to requests that are not valid HTTP, are too long, or arrive too slowly. They never reach the router, so
 *  the response is written by hand. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codeOf[error.code ?? ''] ?? 'bad_request';
  const { status, title } = problemCodes[code];
  const id = randomUUID();
  const problem: Problem = { type: `/docs/errors/${code}`, title, status, code, request_id: id };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_JSON}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `x-request-id: ${id}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
