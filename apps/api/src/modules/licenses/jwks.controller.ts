import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '../../platform/access.js';
import { LicenseSigning } from './license-signing.js';

/** The public keys that verify licenses offline (RFC 7517). */
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly signing: LicenseSigning) {}

  @Get()
  @Public('verifying a license needs no account')
  @Header('cache-control', 'public, max-age=300')
  @Header('content-type', 'application/jwk-set+json')
  jwks() {
    return this.signing.jwks();
  }
}
