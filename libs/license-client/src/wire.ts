// The messages of the license API as this client sends and reads them. They repeat @coditect/contracts by hand, because
// those types are inferred from zod schemas, and a client program must pass its type check without zod. wire.spec.ts
// proves that both are equal.

/** The body of `POST licenses/acquire`. */
export interface AcquireRequest {
  machine_id: string;
  hardware_fingerprint?: HardwareFingerprint;
  license_key?: string;
  product?: string;
  features?: string[];
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the host knows about its machine: at most 8 KiB of JSON. */
export type HardwareFingerprint = Record<string, Json>;

export type PlanTier = 'free' | 'pro' | 'team' | 'enterprise';

/** The content of a signed license. `iat` and `exp` are seconds since the Unix epoch; `exp` is the session end. */
export interface SignedLicensePayload {
  session_id: string;
  license_id: string;
  user_id: string;
  tenant_id: string;
  machine_id: string;
  plan_tier: PlanTier;
  features: string[];
  seat_no: number;
  iat: number;
  exp: number;
  lease_seconds: number;
  iss: string;
}

/** The license to verify offline. `token` is a compact JWS, and the only part that is proof. */
export interface SignedLicense {
  payload: SignedLicensePayload;
  signature: string;
  algorithm: 'RSA_SIGN_PKCS1_4096_SHA256';
  key_id: string;
  token: string;
}

/** A granted seat. `session_token` is the credential of heartbeat and release: keep it secret. */
export interface AcquireResponse {
  session_token: string;
  session_id: string;
  license_id: string;
  seat_no: number;
  lease_expires_at: string;
  heartbeat_interval_seconds: number;
  expires_at: string;
  features: string[];
  signed_license: SignedLicense;
}

export interface HeartbeatResponse {
  session_id: string;
  status: 'active';
  lease_expires_at: string;
  heartbeat_interval_seconds: number;
  expires_at: string;
}

export interface LoginRequest {
  email: string;
  password: string;
  tenant?: string;
  /** Needed once the second factor is on: a code from the authenticator app, or a recovery code. */
  two_factor_code?: string;
}

/** RFC 6749, section 5.1. Both `_expires_in` members are seconds; `refresh_token_expires_in` is the end of the login. */
export interface TokenResponse {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  refresh_token: string;
  refresh_token_expires_in: number;
}

/** RFC 8628, section 3.2. `expires_in` and `interval` are seconds. */
export interface DeviceAuthorization {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

/** The signed-in user: the fields that this client shows. */
export interface Account {
  email: string;
}

/** One invalid field of a request. */
export interface FieldError {
  path: string;
  message: string;
  code: string;
}
