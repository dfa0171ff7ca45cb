import { Get, Param, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  HeartbeatResponse,
  LicenseSession,
  LicenseSessionPage,
  LicenseSessionQuery,
  ReleaseResponse,
  SignedLicense,
} from '@coditect/contracts/license-sessions';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { LicenseSessionList } from './license-session-list.js';
import { presentLicenseSession } from './license-sessions.presenter.js';
import { leaseProblems, SeatLeasesService } from './seat-leases.service.js';
import { SessionLicenses } from './session-licenses.js';

/** Reads license sessions, and keeps or ends them by id: the caller's own or, with the permission, any of the tenant. */
@ApiController('license-sessions')
export class LicenseSessionsController {
  constructor(
    private readonly sessions: LicenseSessionList,
    private readonly leases: SeatLeasesService,
    private readonly licenses: SessionLicenses,
  ) {}

  @Get()
  @RequirePermission('license_session:read')
  @Operation({
    summary: 'List license sessions',
    description: 'A member sees only the sessions of its own.',
    response: LicenseSessionPage,
  })
  async list(@Query({ schema: LicenseSessionQuery }) query: LicenseSessionQuery, @Req() request: FastifyRequest) {
    return page(await this.sessions.list(query), query, request.url, presentLicenseSession);
  }

  @Get(':id')
  @RequirePermission('license_session:read')
  @Operation({ summary: 'Read a license session', response: LicenseSession, problems: ['session_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<LicenseSession> {
    return presentLicenseSession(await this.sessions.get(id));
  }

  @Get(':id/signed-license')
  @RequirePermission('license_session:read')
  @Operation({
    summary: 'Read the signed license of a live license session',
    description: 'Signs the license again, for the same grant that acquire returned. It can be verified offline.',
    response: SignedLicense,
    problems: leaseProblems,
  })
  signedLicense(@Param('id', { schema: Id }) id: string): Promise<SignedLicense> {
    return this.licenses.get(id);
  }

  @Post(':id/heartbeat')
  @RequirePermission('license_session:hold')
  @Operation({
    summary: 'Keep a license session alive by its id',
    response: HeartbeatResponse,
    problems: leaseProblems,
  })
  heartbeat(@Param('id', { schema: Id }) id: string): Promise<HeartbeatResponse> {
    return this.leases.heartbeatById(id);
  }

  @Post(':id/release')
  @RequirePermission('license_session:hold')
  @Operation({
    summary: "End a license session by its id: one's own or, with the right, a colleague's",
    response: ReleaseResponse,
    problems: ['session_not_found'],
  })
  release(@Param('id', { schema: Id }) id: string): Promise<ReleaseResponse> {
    return this.leases.releaseById(id);
  }
}
