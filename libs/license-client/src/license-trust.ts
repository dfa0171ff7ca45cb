import { LicenseVerificationError } from '@coditect/signed-license/license-verification-error';
import { verifyLicense } from '@coditect/signed-license/verify';
import type { JSONWebKeySet } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { VerificationError } from './errors.js';
import type { SignedLicense, SignedLicensePayload } from './wire.js';

/** The keys and the issuer that a client trusts. */
export interface TrustAnchor {
  jwks: JSONWebKeySet;
  /** Undefined until a license was verified with these keys. */
  issuer: string | undefined;
}

export interface VerificationChecks {
  /** Milliseconds since the Unix epoch. */
  nowMs: number;
  /** How long after the session end a license still counts, in seconds. */
  graceSeconds: number;
  /** Accept only a license of this machine. */
  machineId?: string;
}

/**
 * Verifies licenses. Keys given by the host are never replaced. Otherwise the keys are fetched once, and fetched again
 * only for a license that is signed with an unknown key, because keys rotate. Without a given issuer, the issuer of the
 * first license that verifies becomes the only accepted one.
 */
export class LicenseTrust {
  #jwks: JSONWebKeySet | undefined;
  #issuer: string | undefined;
  readonly #pinned: boolean;

  constructor(
    given: { jwks?: JSONWebKeySet | undefined; issuer?: string | undefined },
    private readonly fetchJwks: () => Promise<JSONWebKeySet>,
  ) {
    this.#jwks = given.jwks;
    this.#issuer = given.issuer;
    this.#pinned = given.jwks !== undefined;
  }

  get anchor(): TrustAnchor | undefined {
    return this.#jwks && { jwks: this.#jwks, issuer: this.#issuer };
  }

  /**
   * Makes sure that keys are available.
   *
   * @throws {LicenseClientError} if they cannot be fetched
   */
  async ready(): Promise<void> {
    this.#jwks ??= await this.fetchJwks();
  }

  /** @throws {VerificationError}, or any `LicenseClientError` if keys must be fetched and cannot be */
  async verify(license: SignedLicense, checks: VerificationChecks): Promise<SignedLicensePayload> {
    await this.ready();
    try {
      return await this.verifyOffline(license, checks);
    } catch (error) {
      if (this.#pinned || !(error instanceof VerificationError) || error.code !== 'unknown_key') throw error;
      this.#jwks = await this.fetchJwks();
      return await this.verifyOffline(license, checks);
    }
  }

  /** @throws {VerificationError} `unknown_key` also if there are no keys yet */
  async verifyOffline(license: SignedLicense | string, checks: VerificationChecks): Promise<SignedLicensePayload> {
    if (!this.#jwks) throw new VerificationError('there are no keys to verify with', { code: 'unknown_key' });
    const payload = await verifyWith(license, this.#jwks, this.#issuer ?? issuerOf(license), checks);
    this.#issuer ??= payload.iss;
    return payload;
  }
}

async function verifyWith(
  license: SignedLicense | string,
  jwks: JSONWebKeySet,
  issuer: string,
  { nowMs, graceSeconds, machineId }: VerificationChecks,
): Promise<SignedLicensePayload> {
  try {
    const now = () => nowMs / 1000;
    return await verifyLicense(license, { jwks, issuer, now, graceSeconds, ...(machineId && { machineId }) });
  } catch (error) {
    if (!(error instanceof LicenseVerificationError)) throw error;
    throw new VerificationError(`the license does not verify: ${error.message}`, { code: error.code, cause: error });
  }
}

/** The issuer that the license claims. The signature decides whether the claim is true. */
function issuerOf(license: SignedLicense | string): string {
  try {
    return decodeJwt(typeof license === 'string' ? license : license.token).iss ?? '';
  } catch {
    return '';
  }
}
