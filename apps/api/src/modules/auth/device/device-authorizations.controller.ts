import { Body, Get, Header, Param, Post } from '@nestjs/common';
import { TokenResponse } from '@coditect/contracts/auth';
import {
  DeviceAuthorizationRequest,
  DeviceAuthorizationResponse,
  DeviceTokenRequest,
  UserCode,
  WaitingDevice,
} from '@coditect/contracts/device';
import type { DeviceAuthorization } from '@coditect/db/generated/prisma/client';
import { ApiController } from '#platform/http/api-controller';
import { Public, RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { DeviceAuthorizations } from './device-authorizations.js';

/** Signs in a device without a browser, such as the command line (RFC 8628). */
@ApiController('auth/device')
export class DeviceAuthorizationsController {
  constructor(private readonly devices: DeviceAuthorizations) {}

  @Post()
  @Public('a device that wants to be signed in')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Begin to sign in a device',
    description:
      'Show `user_code` and `verification_uri` to the person, and poll `auth/device/token` meanwhile (RFC 8628).',
    response: DeviceAuthorizationResponse,
  })
  begin(@Body({ schema: DeviceAuthorizationRequest }) body: DeviceAuthorizationRequest) {
    return this.devices.begin(body);
  }

  @Post('token')
  @Public('the device code is the credential', 'renewal')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Ask whether the device has been approved',
    description:
      'Returns the tokens of the device once its user has approved it. The tokens are returned one time. Until then the ' +
      'problem has an OAuth `error` equal to its `code`. For `authorization_pending`, ask again after the interval. For ' +
      '`slow_down`, wait 5 seconds longer before each request from then on.',
    response: TokenResponse,
    problems: ['authorization_pending', 'slow_down', 'access_denied', 'expired_token', 'user_disabled'],
  })
  exchange(@Body({ schema: DeviceTokenRequest }) body: DeviceTokenRequest): Promise<TokenResponse> {
    return this.devices.exchange(body.device_code);
  }

  @Get(':user_code')
  @RequirePermission('self:update')
  @Operation({
    summary: 'See which device waits with a code',
    description: 'Case and hyphens of the code do not count.',
    response: WaitingDevice,
    problems: ['device_not_found'],
  })
  async waiting(@Param('user_code', { schema: UserCode }) userCode: string): Promise<WaitingDevice> {
    return presentDevice(await this.devices.waiting(userCode));
  }

  @Post(':user_code/approve')
  @RequirePermission('self:update')
  @Operation({
    summary: 'Approve a device',
    description: 'The next request of the device for its token signs it in as you.',
    problems: ['device_not_found'],
  })
  approve(@Param('user_code', { schema: UserCode }) userCode: string): Promise<void> {
    return this.devices.approve(userCode);
  }

  @Post(':user_code/deny')
  @RequirePermission('self:update')
  @Operation({ summary: 'Refuse a device', problems: ['device_not_found'] })
  deny(@Param('user_code', { schema: UserCode }) userCode: string): Promise<void> {
    return this.devices.deny(userCode);
  }
}

function presentDevice(row: DeviceAuthorization): WaitingDevice {
  return {
    client_name: row.clientName,
    ip: row.ip,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  };
}
