// The messages of the license API as this client sends and reads them. They repeat @coditect/contracts by hand because
// those types are inferred from zod schemas, and a client program's type check must pass without zod; wire.spec.ts
// proves that both say the same.

/** What `POST licenses/acquire` is asked. */
export interface AcquireRequest {
  machine_id: string;
  hardware_fingerprint?: HardwareFingerprint;
  license_key?: string;
  product?: string;
  features?: string[];
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the host knows of its machine; at most 8 KiB of JSON. */
export type HardwareFingerprint = Record<string, Json>;

export type PlanTier = 'free' | 'pro' | 'team' | 'enterprise';

/** What a signed license states. `iat` and `exp` are seconds since the Unix epoch; `exp` is the session end. */
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

/** The document to verify offline (design, section 6); `token` is a compact JWS and the only part that is proof. */
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
  /** Once the second factor is on: from the authenticator app, or a recovery code. */
  two_factor_code?: string;
}

/** RFC 6749, section 5.1; `expires_in` and `refresh_token_expires_in`, when the login ends, in seconds. */
export interface TokenResponse {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  refresh_token: string;
  refresh_token_expires_in: number;
}

/** RFC 8628, section 3.2; `expires_in` and `interval` in seconds. */
export interface DeviceAuthorization {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

/** Who is signed in: the part of it that this client shows. */
export interface Account {
  email: string;
}

/** One invalid field of a request. */
export interface FieldError {
  path: string;
  message: string;
  code: string;
}
