import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS, type Access } from './access.js';
import { Authentication } from './authentication.js';
import { isAllowed, mayDo } from './permissions.js';
import { ProblemError } from './problem.js';
import { currentRequest } from './request-context.js';

/** Authenticates the caller and asks the permission table. Refuses to boot when a route does not say who may call it. */
@Injectable()
export class AccessGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly reflector: Reflector,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly authentication: Authentication,
  ) {}

  /** @throws Error naming every route without a stated access */
  onModuleInit(): void {
    const silent: string[] = [];
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name]!;
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method !== undefined && !Reflect.getMetadata(ACCESS, handler)) silent.push(`${metatype.name}.${name}`);
      }
    }
    if (silent.length > 0) throw new Error(`routes without a stated permission: ${silent.join(', ')}`);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<Access>(ACCESS, context.getHandler());
    if (access.kind === 'public') return true;
    const bearer = bearerToken(context.switchToHttp().getRequest<FastifyRequest>(), access);
    if (bearer === undefined) {
      if (access.kind === 'session_token') return true;
      throw new ProblemError('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });
    }
    if (access.kind === 'session_token') {
      await this.authentication.identify(bearer);
      return true;
    }
    await this.authentication.authenticate(bearer, access.freshness);
    const { actor } = currentRequest();
    if (!mayDo(actor, access.permission))
      throw new ProblemError('forbidden', {
        detail: isAllowed(actor?.role, access.permission)
          ? `The scopes of this API key do not include ${access.permission}.`
          : `The role ${actor?.role} does not include ${access.permission}.`,
        members: { permission: access.permission },
      });
    return true;
  }
}

/** RFC 6750, section 2.1. */
function bearerToken(request: FastifyRequest, access: Access): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  if (access.kind === 'session_token' && !/^Bearer\b/i.test(header)) return undefined; // of a proxy, say: not ours to judge
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(header);
  if (!match)
    throw new ProblemError('invalid_token', { headers: { 'www-authenticate': 'Bearer error="invalid_request"' } });
  return match[1];
}
