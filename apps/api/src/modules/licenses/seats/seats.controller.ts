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
import { LicenseSigning } from '../signing/license-signing.js';
import { acquireProblems, type Acquired, SeatAcquisitionService } from './seat-acquisition.service.js';
import { presentGrant } from './grant.presenter.js';
import { leaseProblems, SeatLeasesService } from '../sessions/seat-leases.service.js';
import { formatSessionToken } from '../sessions/session-token.js';

/**
 * The endpoints that client programs call: take a seat, keep it, give it back. Most requests are heartbeats, so these
 * answers are not checked against their schemas at run time: the check would take a third of the time of a heartbeat.
 * The specs check the answers.
 */
@Controller('licenses')
export class SeatsController {
  constructor(
    private readonly acquisition: SeatAcquisitionService,
    private readonly leases: SeatLeasesService,
    private readonly signing: LicenseSigning,
    private readonly keys: Keys,
  ) {}

  @Post('acquire')
  @RequirePermission('license_session:acquire', 'cached')
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
    allowedWhenClosed: true, // the refusal is recorded as a denial
  })
  async acquire(
    @Body({ schema: AcquireRequest }) body: AcquireRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcquireResponse> {
    const acquired = await this.acquisition.acquire(body);
    void reply.status(acquired.created ? 201 : 200);
    return this.present(acquired);
  }

  /** Acquire for clients that read the decision from the body: every decision is answered 200.
   *  If nothing can be decided now, the answer is 503. */
  @Post('validate')
  @RequirePermission('license_session:acquire', 'cached')
  @Operation({
    summary: 'Take a seat, with every decision answered 200',
    response: ValidateResponse,
    problems: ['temporarily_unavailable'],
    allowedWhenClosed: true,
  })
  async validate(@Body({ schema: AcquireRequest }) body: AcquireRequest): Promise<ValidateResponse> {
    try {
      return { valid: true, ...(await this.present(await this.acquisition.acquire(body))) };
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
    const token = formatSessionToken(this.keys.sessionTokenSecret, session, session.sessionId, session.tokenSalt);
    return presentGrant(session, token, await this.signing.sign(session));
  }
}
