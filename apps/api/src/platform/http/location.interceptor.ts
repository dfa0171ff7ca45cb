import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { BASE_PATH } from '../base-path.js';
import { OPERATION, type OperationOptions, tellsLocation } from '../operation.js';

/** Sets `Location`: where to read what was created (RFC 9110, sections 10.2.2 and 15.3.2), or where it will be. */
@Injectable()
export class LocationInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const operation = this.reflector.get<OperationOptions | undefined>(OPERATION, context.getHandler());
    const { location } = operation ?? {};
    if (location === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((body: unknown) => {
        if (tellsLocation(reply.statusCode)) void reply.header('location', locationOf(location, Object(body)));
        return body;
      }),
    );
  }
}

function locationOf(location: string, answer: object): string {
  const members = new Map<string, unknown>(Object.entries(answer));
  return `/${BASE_PATH}/${location.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(members.get(name))))}`;
}
