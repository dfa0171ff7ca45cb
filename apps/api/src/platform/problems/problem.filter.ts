import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { problemCodes, type Problem, type ProblemCode } from '@coditect/contracts/problem';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseOutage } from './database-outage.js';
import { ProblemError, temporarilyUnavailable } from './problem.js';

const codeOfStatus: Partial<Record<number, ProblemCode>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  422: 'validation_failed',
};

const UNREADABLE_JSON = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY']);

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** Returns the code for an error that Nest or Fastify throws before or instead of a controller. */
function codeOfFramework(error: unknown): ProblemCode | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && UNREADABLE_JSON.has(String(cause.code))) return 'malformed_json';
  return codeOfStatus[error.getStatus()];
}

/** Turns every error into an RFC 9457 `application/problem+json` body. Unknown errors are logged, and their details
 *  not sent. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.code === 'internal_error')
      this.logger.error(
        { msg: 'unexpected error', err: error, request_id: request.id, path: request.routeOptions.url },
        error instanceof Error ? error.stack : undefined,
      );
    sendProblem(problem, request, reply);
  }
}

/** Returns the problem that any thrown error is answered as. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const code = codeOfFramework(error);
  if (code) return new ProblemError(code);
  if (isDatabaseOutage(error)) return temporarilyUnavailable('The database cannot be reached.', 2, error);
  return new ProblemError('internal_error', {
    detail: 'The error has been recorded; name the request id to support.',
  });
}

/** Returns the body of a problem. */
export function problemBody(problem: ProblemError, request: Pick<FastifyRequest, 'id' | 'url'>): Problem {
  const { detail, errors, members } = problem.options;
  return {
    ...members,
    type: `/docs/errors/${problem.code}`,
    title: problemCodes[problem.code].title,
    status: problem.status,
    ...(detail === undefined ? {} : { detail }),
    instance: request.url.split('?', 1)[0],
    code: problem.code,
    request_id: request.id,
    ...(errors === undefined ? {} : { errors }),
  };
}

export function sendProblem(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .status(problem.status)
    .headers({ ...problem.options.headers, 'content-type': PROBLEM_JSON, 'cache-control': 'no-store' })
    .send(JSON.stringify(problemBody(problem, request)));
}
