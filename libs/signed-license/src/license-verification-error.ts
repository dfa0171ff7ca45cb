/** Why a license was refused. The codes are stable, so programs may switch on them. */
export type LicenseVerificationCode =
  /** Not a compact JWS in strict base64url with a JSON header and a canonical payload. */
  | 'malformed'
  /** `alg` is anything but RS256, including `none` and HS256. */
  | 'unsupported_algorithm'
  /** The key set has no usable key with that id. Fetch it again: the signing key may have been rotated. */
  | 'unknown_key'
  | 'invalid_signature'
  /** The session end, clock tolerance and grace are over. */
  | 'expired'
  /** Issued in the future, by this machine's clock. */
  | 'not_yet_valid'
  | 'wrong_issuer'
  /** Signed by the issuer, but not a license (`typ`). */
  | 'wrong_type'
  | 'wrong_machine'
  /** The readable parts beside the token differ from the token. */
  | 'payload_mismatch';

/** A refused license. The message never contains the token. */
export class LicenseVerificationError extends Error {
  override readonly name = 'LicenseVerificationError';

  constructor(
    readonly code: LicenseVerificationCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
