import { type CallHandler, type ExecutionContext, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable, of } from 'rxjs';
import { parseIdempotencyKey, requestHash } from './idempotency-key.js';
import { type Claim, IdempotencyStore, type StoredAnswer } from './idempotency-store.js';
import { OPERATION, type OperationOptions } from '../operation.js';
import type { ProblemError } from '../problems/problem.js';
import { PROBLEM_JSON, problemBody, problemOf } from '../problems/problem.filter.js';
import { currentRequest } from '../request-context.js';

const KEPT_HEADERS = ['etag', 'location'];
/** Refusals that do not depend on the request itself, or that the caller corrects and repeats. They leave the key
 *  free. */
const NOT_KEPT_STATUS = new Set([401, 429, 503]);
const NOT_KEPT_CODES = new Set(['validation_failed', 'forbidden', 'user_disabled', 'idempotency_in_flight']);

/**
 * `Idempotency-Key` on operations that create something. A repeated request gets the answer of the first one, and does
 * nothing. A key belongs to the tenant and the caller. Without a caller or a key the request just runs.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('idempotency');

  constructor(
    private readonly reflector: Reflector,
    private readonly store: IdempotencyStore,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const operation = this.reflector.get<OperationOptions | undefined>(OPERATION, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const field = request.headers['idempotency-key'];
    const { tenantId, actor } = currentRequest();
    if (!operation?.idempotent || field === undefined || !tenantId || !actor?.id) return next.handle();

    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const claim = await this.store.claim({
      tenantId,
      actorId: actor.id,
      key: parseIdempotencyKey(field),
      operation: `${request.method} ${request.routeOptions.url}`,
      hash: requestHash(request.method, request.url, request.body),
    });
    if ('status' in claim) {
      void reply.status(claim.status).headers({ ...claim.headers, 'idempotency-replayed': 'true' });
      return of(claim.body);
    }
    return from(this.work(claim, next, request, reply));
  }

  private async work(claim: Claim, next: CallHandler, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const context = currentRequest();
    context.beforeCommit = (tx) => this.store.markApplied(tx, claim);
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await this.keep(claim, answered(body, reply));
      return body;
    } catch (error) {
      await this.keep(claim, refused(problemOf(error), request, reply));
      throw error;
    } finally {
      context.beforeCommit = undefined;
    }
  }

  /** Returns the answer even if it cannot be stored. A repeated request is then told that the result is unknown. */
  private async keep(claim: Claim, answer: StoredAnswer | undefined): Promise<void> {
    try {
      await (answer ? this.store.finish(claim, answer) : this.store.release(claim));
    } catch (error) {
      this.logger.warn({ msg: 'an answer was not kept', tenant_id: claim.tenantId, id: claim.id, err: String(error) });
    }
  }
}

function answered(body: unknown, reply: FastifyReply): StoredAnswer {
  const headers = keptHeaders(reply);
  if (body === undefined) return { status: reply.statusCode, headers, body };
  return {
    status: reply.statusCode,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** Returns undefined for a refusal that is not stored. */
function refused(problem: ProblemError, request: FastifyRequest, reply: FastifyReply): StoredAnswer | undefined {
  if (NOT_KEPT_STATUS.has(problem.status) || NOT_KEPT_CODES.has(problem.code)) return undefined;
  return {
    status: problem.status,
    headers: { ...keptHeaders(reply), ...problem.options.headers, 'content-type': PROBLEM_JSON },
    body: JSON.stringify(problemBody(problem, request)),
  };
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}
