import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { isKnown, tagOf, versionsOf } from './entity-tags.js';
import { OPERATION, type OperationOptions } from '../operation.js';
import { checkVersion } from './preconditions.js';
import { ProblemError } from '../problems/problem.js';
import { currentRequest } from '../request-context.js';

const SAFE = new Set(['GET', 'HEAD']);

/**
 * Conditional requests (RFC 9110, section 13) on operations that are `versioned`. The response has its version as
 * `ETag`. A GET of the version that the caller has gives 304. The versions of `If-Match` are stored in the request
 * context for `checkVersion`, which use cases call on the locked row.
 */
@Injectable()
export class VersionsInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  /** @throws ProblemError precondition_failed for a malformed If-Match, which no version can meet */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const operation = this.reflector.get<OperationOptions | undefined>(OPERATION, context.getHandler());
    if (!operation?.versioned) return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
    if (ifMatch !== undefined) currentRequest().ifMatch = conditionOf(ifMatch);
    return next.handle().pipe(
      map((body: unknown) => {
        const version = versionIn(body);
        if (version === undefined) return body;
        void reply.header('etag', tagOf(version));
        if (!SAFE.has(request.method)) return body;
        checkVersion(version);
        if (ifNoneMatch === undefined || !isKnown(version, ifNoneMatch)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }
}

function conditionOf(ifMatch: string): readonly number[] | undefined {
  const versions = versionsOf(ifMatch);
  if (versions === undefined)
    throw new ProblemError('precondition_failed', {
      detail: 'If-Match must be the ETag of what was read, such as "v7", or a list of them.',
    });
  return versions === 'any' ? undefined : versions;
}

function versionIn(body: unknown): number | undefined {
  const version = typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined;
  return typeof version === 'number' ? version : undefined;
}
