import { Body, Controller, Post, Res, UseInterceptors } from '@nestjs/common';
import {
  AcquireRequest,
  AcquireResponse,
  HeartbeatResponse,
  ReleaseResponse,
  SessionTokenRequest,
  ValidateResponse,
} from '@coditect/contracts/license-sessions';
import type { FastifyReply } from 'fastify';
import { BySessionToken, RequirePermission } from '#platform/access/access';
import { Keys } from '#platform/secrets/keys';
import { LocationInterceptor } from '#platform/http/location.interceptor';
import { Operation } from '#platform/operation';
import { ProblemError } from '#platform/problems/problem';
import { licenseOf } from '../ledger/held-session.js';
import { LicenseSigning } from '../signing/license-signing.js';
import { acquireProblems, type Acquired, LicenseSessionsService } from './seat-acquiring.service.js';
import { presentGrant } from '../licenses.presenter.js';
import { leaseProblems, SeatLeasesService } from '../sessions/seat-leases.service.js';
import { formatSessionToken } from '../sessions/session-token.js';

/**
 * What client programs call: take a seat, keep it, give it back. The hot path: its answers come from typed presenters and
 * are held to their schemas by the specs, not once more on every request, which would cost a third of a heartbeat.
 */
@Controller('licenses')
export class SeatsController {
  constructor(
    private readonly sessions: LicenseSessionsService,
    private readonly leases: SeatLeasesService,
    private readonly signing: LicenseSigning,
    private readonly keys: Keys,
  ) {}

  @Post('acquire')
  @RequirePermission('license_session:acquire', 'lately')
  @UseInterceptors(LocationInterceptor)
  @Operation({
    summary: 'Take a seat',
    description:
      'Idempotent for the same user, machine and license: 201 with a new license session, 200 with the one already held. ' +
      'The answer carries a license that verifies offline.',
    status: [201, 200],
    response: AcquireResponse,
    location: 'license-sessions/:session_id',
    problems: acquireProblems,
    whenClosed: true, // the refusal is recorded as a denial
  })
  async acquire(
    @Body({ schema: AcquireRequest }) body: AcquireRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcquireResponse> {
    const acquired = await this.sessions.acquire(body);
    void reply.status(acquired.created ? 201 : 200);
    return this.present(acquired);
  }

  /** The seed's endpoint: the work of acquire, always answered 200. What cannot be decided now is still a 503. */
  @Post('validate')
  @RequirePermission('license_session:acquire', 'lately')
  @Operation({
    summary: 'Take a seat, with every decision answered 200',
    response: ValidateResponse,
    problems: ['temporarily_unavailable'],
    whenClosed: true,
  })
  async validate(@Body({ schema: AcquireRequest }) body: AcquireRequest): Promise<ValidateResponse> {
    try {
      return { valid: true, ...(await this.present(await this.sessions.acquire(body))) };
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status >= 500) throw error;
      return { valid: false, code: error.code, error: error.message };
    }
  }

  @Post('heartbeat')
  @BySessionToken()
  @Operation({ summary: 'Keep a seat alive', response: HeartbeatResponse, problems: leaseProblems })
  heartbeat(@Body({ schema: SessionTokenRequest }) body: SessionTokenRequest): Promise<HeartbeatResponse> {
    return this.leases.heartbeatByToken(body.session_token);
  }

  @Post('release')
  @BySessionToken()
  @Operation({ summary: 'Give a seat back', response: ReleaseResponse, problems: ['session_not_found'] })
  release(@Body({ schema: SessionTokenRequest }) body: SessionTokenRequest): Promise<ReleaseResponse> {
    return this.leases.releaseByToken(body.session_token);
  }

  private async present({ session }: Acquired): Promise<AcquireResponse> {
    const token = formatSessionToken(this.keys.sessionTokenSecret, licenseOf(session), session.id, session.token_salt);
    return presentGrant(session, token, await this.signing.sign(session));
  }
}
