import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { problemCodes, type Problem, type ProblemCode } from '@coditect/contracts/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from './database-away.js';
import { ProblemError, temporarilyUnavailable } from './problem.js';

const codeOfStatus: Partial<Record<number, ProblemCode>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  422: 'validation_failed',
};

const UNREADABLE_JSON = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY']);

/** What Nest and Fastify refuse by themselves, before or instead of a controller. */
function codeOfFramework(error: unknown): ProblemCode | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && UNREADABLE_JSON.has(String(cause.code))) return 'malformed_json';
  return codeOfStatus[error.getStatus()];
}

/** Turns everything thrown into one body: RFC 9457 `application/problem+json`. Unknown errors are logged and say nothing. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    sendProblem(this.toProblem(error, request), request, reply);
  }

  private toProblem(error: unknown, request: FastifyRequest): ProblemError {
    if (error instanceof ProblemError) return error;
    const code = codeOfFramework(error);
    if (code) return new ProblemError(code);
    if (isDatabaseAway(error)) return temporarilyUnavailable('The database cannot be reached.', 2, error);
    this.logger.error(
      { msg: 'unexpected error', err: error, request_id: request.id, path: request.routeOptions.url },
      error instanceof Error ? error.stack : undefined,
    );
    return new ProblemError('internal_error', {
      detail: 'The error has been recorded; name the request id to support.',
    });
  }
}

/** Writes a problem as the answer. */
export function sendProblem(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  const { title } = problemCodes[problem.code];
  const { detail, errors, members, headers } = problem.options;
  const body: Problem = {
    ...members,
    type: `/docs/errors/${problem.code}`,
    title,
    status: problem.status,
    ...(detail === undefined ? {} : { detail }),
    instance: request.url.split('?', 1)[0],
    code: problem.code,
    request_id: request.id,
    ...(errors === undefined ? {} : { errors }),
  };
  void reply
    .status(problem.status)
    .headers({ ...headers, 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' })
    .send(JSON.stringify(body));
}
