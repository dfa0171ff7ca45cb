import type { Credentials } from './credentials.js';
import { AuthenticationError, LicenseClientError, TemporarilyUnavailableError, VerificationError } from './errors.js';
import type { LicenseApi, Timed } from './license-api.js';
import type { LicenseTrust } from './license-trust.js';
import { leaseOf, type Seat } from './seat.js';
import { pause, retryDelayMs, type Timing } from './timing.js';
import type { AcquireRequest, AcquireResponse, HardwareFingerprint } from './wire.js';

/** The seat to take. */
export interface SeatRequest {
  /** The key of one license. Without it, the product's license that expires first is used. */
  licenseKey?: string;
  /** `coditect` by default. Not together with `licenseKey`. */
  product?: string;
  /** The license must include all of them. Otherwise no seat is taken. */
  features?: readonly string[];
  hardwareFingerprint?: HardwareFingerprint;
}

export interface SeatSource {
  api: LicenseApi;
  credentials: Credentials;
  trust: LicenseTrust;
  machineId(): Promise<string>;
  timing: Timing;
  /** Gives back a seat that was granted but will not be used. */
  discard(grant: AcquireResponse): Promise<void>;
}

/** If the server asks for a longer wait, `acquireSeat` gives up and leaves the decision to the host. */
const LONGEST_RETRY_AFTER_SECONDS = 30;
const LONGEST_BACKOFF_MS = 8000;

/**
 * Takes a seat. Tries up to `attempts` times while failures are inconclusive; repeating is safe, because acquire is
 * idempotent. The signal ends the waiting but not a request under way: its answer might be a seat, which must be given
 * back.
 *
 * @throws {LicenseClientError} the last refusal or failure; the signal's reason once it is aborted
 */
export async function acquireSeat(
  source: SeatSource,
  request: SeatRequest,
  { attempts, signal }: { attempts: number; signal: AbortSignal },
): Promise<Seat> {
  const unused: { grant?: AcquireResponse } = {};
  try {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        const seat = await tryAcquire(source, request, unused, signal);
        signal.throwIfAborted();
        return seat;
      } catch (error) {
        if (attempt >= attempts || signal.aborted || !mayRetry(error)) throw error;
        const { retryAfterSeconds } = error;
        const delayMs = retryDelayMs(source.timing, attempt, { retryAfterSeconds, capMs: LONGEST_BACKOFF_MS });
        await pause(source.timing, delayMs, signal);
      }
    }
  } catch (error) {
    if (unused.grant) await source.discard(unused.grant);
    throw error;
  }
}

async function tryAcquire(
  source: SeatSource,
  request: SeatRequest,
  unused: { grant?: AcquireResponse },
  signal: AbortSignal,
): Promise<Seat> {
  // before a seat is taken, because it could not be used without keys
  await source.trust.ready();
  const machineId = await source.machineId();
  const accessToken = await tokenFrom(source.credentials);
  signal.throwIfAborted();
  const answer = await callAcquire(source, accessToken, wireRequest(request, machineId));
  const { body: grant, serverAheadMs } = answer;
  unused.grant = grant;
  const nowMs = source.timing.now() + serverAheadMs;
  const payload = await source.trust.verify(grant.signed_license, { nowMs, graceSeconds: 0, machineId });
  if (payload.session_id !== grant.session_id) {
    throw new VerificationError('the license belongs to another license session', { code: 'payload_mismatch' });
  }
  return { grant, payload, lease: leaseOf(grant, serverAheadMs) };
}

/** Calls acquire. An access token may be refused before its expiry; then one more token is requested. */
async function callAcquire(
  { api, credentials }: SeatSource,
  accessToken: string,
  body: AcquireRequest,
): Promise<Timed<AcquireResponse>> {
  try {
    return await api.acquire(accessToken, body);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    credentials.refused(accessToken);
    const next = await tokenFrom(credentials);
    if (next === accessToken) throw error;
    return await api.acquire(next, body);
  }
}

async function tokenFrom(credentials: Credentials): Promise<string> {
  try {
    return await credentials.accessToken();
  } catch (error) {
    if (error instanceof LicenseClientError) throw error;
    const message = 'the host program could not provide its login';
    throw new TemporarilyUnavailableError(message, { code: 'credentials_unavailable', cause: error });
  }
}

function wireRequest(request: SeatRequest, machineId: string): AcquireRequest {
  return {
    machine_id: machineId,
    ...(request.licenseKey !== undefined && { license_key: request.licenseKey }),
    ...(request.product !== undefined && { product: request.product }),
    ...(request.features && { features: [...request.features] }),
    ...(request.hardwareFingerprint && { hardware_fingerprint: request.hardwareFingerprint }),
  };
}

function mayRetry(error: unknown): error is LicenseClientError {
  return (
    error instanceof LicenseClientError &&
    !error.isConclusive &&
    (error.retryAfterSeconds ?? 0) <= LONGEST_RETRY_AFTER_SECONDS
  );
}
