import { Get, Header } from '@nestjs/common';
import { Jwks } from '@coditect/contracts/licenses';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { LicenseSigning } from './license-signing.js';

/** The public keys that verify licenses offline (RFC 7517). */
@ApiController('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly signing: LicenseSigning) {}

  @Get()
  @Public('verifying a license needs no account', 'unlimited')
  @Header('cache-control', 'public, max-age=300')
  @Header('content-type', 'application/jwk-set+json')
  @Operation({ summary: 'Read the keys that verify licenses', response: Jwks, contentType: 'application/jwk-set+json' })
  jwks() {
    return this.signing.jwks();
  }
}
