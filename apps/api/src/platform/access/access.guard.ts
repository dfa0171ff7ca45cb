import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCESS, type Access } from './access.js';
import { Authentication } from './authentication.js';
import { OPERATION, type OperationOptions } from '../operation.js';
import { isAllowed, mayDo, needsSecondFactor } from './permissions.js';
import { ProblemError } from '../problems/problem.js';
import { currentRequest } from '../request-context.js';
import { Throttle } from './throttle.js';

/** The methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** Authenticates the caller, counts the call and checks the permission. Refuses to boot if a route does not state
 *  its access. */
@Injectable()
export class AccessGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly reflector: Reflector,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly authentication: Authentication,
    private readonly throttle: Throttle,
  ) {}

  /** @throws Error that names every route without a stated access */
  onModuleInit(): void {
    const silent: string[] = [];
    for (const { instance, metatype } of this.discovery.getControllers()) {
      if (!instance || !metatype) continue;
      const prototype: Record<string, CallableFunction> = Object.getPrototypeOf(instance);
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name]!;
        const method: RequestMethod | undefined = Reflect.getMetadata(METHOD_METADATA, handler);
        if (method !== undefined && !Reflect.getMetadata(ACCESS, handler)) silent.push(`${metatype.name}.${name}`);
      }
    }
    if (silent.length > 0) throw new Error(`routes without a stated permission: ${silent.join(', ')}`);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<Access>(ACCESS, context.getHandler());
    const [request, reply] = [
      context.switchToHttp().getRequest<FastifyRequest>(),
      context.switchToHttp().getResponse<FastifyReply>(),
    ];
    if (access.kind === 'public') {
      await this.throttle.unknownCaller(reply, access.budget);
      return true;
    }
    if (access.kind === 'session_token') {
      await this.throttle.sessionToken(request, reply);
      const bearer = bearerToken(request, access);
      if (bearer !== undefined) await this.authentication.identify(bearer);
      return true;
    }
    try {
      await this.authenticate(request, access);
    } catch (error) {
      // Failed authentication counts against the anonymous budget.
      if (error instanceof ProblemError && error.status < 500) await this.throttle.unknownCaller(reply);
      throw error;
    }
    const { actor } = currentRequest();
    await this.throttle.caller(actor, reply);
    if (needsSecondFactor(actor, access.permission))
      throw new ProblemError('two_factor_mandatory', { detail: 'Turn on the second factor of your account first.' });
    if (!mayDo(actor, access.permission))
      throw new ProblemError('forbidden', {
        detail: isAllowed(actor?.role, access.permission)
          ? `The scopes of this API key do not include ${access.permission}.`
          : `The role ${actor?.role} does not include ${access.permission}.`,
        members: { permission: access.permission },
      });
    if (access.permission !== 'self:update') this.refuseChangeOfInactive(context, request);
    return true;
  }

  /** A closed tenant waits for its deletion, and a suspended one for our support. Both can be read and exported, but
   *  not changed. Users can still secure their own accounts. */
  private refuseChangeOfInactive(context: ExecutionContext, { method }: FastifyRequest): void {
    const { tenantStatus } = currentRequest();
    if (tenantStatus === 'active' || SAFE_METHODS.has(method)) return;
    const operation = this.reflector.get<OperationOptions | undefined>(OPERATION, context.getHandler());
    if (operation?.allowedWhenClosed) return;
    if (tenantStatus === 'suspended') throw new ProblemError('tenant_suspended');
    throw new ProblemError('tenant_closed', { detail: 'An owner can reopen the organization until it is deleted.' });
  }

  private async authenticate(request: FastifyRequest, access: Access & { kind: 'permission' }): Promise<void> {
    const bearer = bearerToken(request, access);
    if (bearer === undefined) throw new ProblemError('unauthenticated', { headers: { 'www-authenticate': 'Bearer' } });
    await this.authentication.authenticate(bearer, access.freshness);
  }
}

/** Returns the token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
function bearerToken(request: FastifyRequest, access: Access): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  if (access.kind === 'session_token' && !/^Bearer\b/i.test(header)) return undefined; // for a proxy: ignored
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(header);
  if (!match)
    throw new ProblemError('invalid_token', { headers: { 'www-authenticate': 'Bearer error="invalid_request"' } });
  return match[1];
}
