import type { JSONWebKeySet } from 'jose';
import { acquireSeat, type SeatRequest, type SeatSource } from './acquire-seat.js';
import { openCredentials, type CredentialsOption } from './credentials.js';
import { DeniedError, LicenseClientError } from './errors.js';
import { EventHub, type LicenseEventName, type LicenseListener } from './events.js';
import { releaseAtExit } from './exit-handlers.js';
import { HeartbeatLoop } from './heartbeat-loop.js';
import { HttpClient, parseBaseUrl, type Fetch } from './http.js';
import { LicenseApi } from './license-api.js';
import { LicenseTrust, type TrustAnchor } from './license-trust.js';
import { quietLogger, type LicenseLogger } from './logger.js';
import { machineId, normalizeMachineId } from './machine-id.js';
import { extended, heldSeat, leaseOf, type HeldSeat, type Lease, type Seat } from './seat.js';
import { systemTiming, type Timing } from './timing.js';
import type { AcquireResponse, SignedLicense, SignedLicensePayload } from './wire.js';

export interface LicenseClientOptions {
  /** Of the license server, e.g. `https://licenses.example.com`. */
  baseUrl: string;
  credentials: CredentialsOption;
  /** Pinned keys of the issuer. Without them they are fetched from the server on first use and kept. */
  jwks?: JSONWebKeySet;
  /** The only accepted `iss`. Without it, that of the first license the keys verify. */
  issuer?: string;
  /** A UUID or 64 hex digits; anything else is hashed. By default `CODITECT_MACHINE_ID` or this machine's own id. */
  machineId?: string;
  /** How long the host may go on after a lease that could not be extended. 3600 by default. */
  graceSeconds?: number;
  /** For each request. 10 by default. */
  timeoutSeconds?: number;
  /** How often `acquire()` tries while nothing is decided. 4 by default. */
  acquireAttempts?: number;
  /** Gives the seat back on SIGINT, SIGTERM, SIGHUP and when the process has nothing left to do. Off by default. */
  releaseOnExit?: boolean;
  logger?: LicenseLogger;
  fetch?: Fetch;
  timing?: Timing;
}

export interface AcquireOptions extends SeatRequest {
  /** Gives the attempt up; a seat that is granted all the same is given back. */
  signal?: AbortSignal;
}

/** `idle` before the first seat, `degraded` while the lease has run out unanswered and grace lasts. */
export type LicenseClientState = 'idle' | 'held' | 'degraded' | 'lost' | 'released';

/** A seat in use, and what keeps it so. */
interface Holding {
  seat: Seat;
  request: SeatRequest;
  loop: HeartbeatLoop;
}

/**
 * Takes one seat, keeps it and gives it back. Only what the host calls and awaits throws, always a `LicenseClientError`;
 * everything that happens later is told by events.
 */
export class LicenseClient {
  readonly #api: LicenseApi;
  readonly #trust: LicenseTrust;
  readonly #source: SeatSource;
  readonly #events: EventHub;
  readonly #logger: LicenseLogger;
  readonly #timing: Timing;
  readonly #graceSeconds: number;
  readonly #attempts: number;
  readonly #releaseOnExit: boolean;
  readonly #machineId: () => Promise<string>;

  #state: LicenseClientState = 'idle';
  #holding: Holding | undefined;
  /** Every acquire under way, so that a release can end it and wait for it. */
  readonly #acquiring = new Map<AbortController, Promise<unknown>>();
  #turn: Promise<unknown> = Promise.resolve();
  #releasing: Promise<void> | undefined;
  #forgetExit: (() => void) | undefined;

  /** @throws {TypeError} if the base URL is none */
  constructor(options: LicenseClientOptions) {
    const { fetch = (url, init) => globalThis.fetch(url, init), timing = systemTiming } = options;
    const baseUrl = parseBaseUrl(options.baseUrl);
    this.#timing = timing;
    this.#logger = quietLogger(options.logger);
    this.#events = new EventHub(this.#logger);
    this.#graceSeconds = options.graceSeconds ?? 3600;
    this.#attempts = options.acquireAttempts ?? 4;
    this.#releaseOnExit = options.releaseOnExit ?? false;
    this.#machineId = once(() => (options.machineId ? Promise.resolve(normalizeMachineId(options.machineId)) : machineId()));
    this.#api = new LicenseApi(
      new HttpClient({ baseUrl, fetch, timeoutMs: (options.timeoutSeconds ?? 10) * 1000, timing }),
    );
    this.#trust = new LicenseTrust(options, () => this.#api.jwks());
    this.#source = {
      api: this.#api,
      credentials: openCredentials(options.credentials, this.#api, timing),
      trust: this.#trust,
      machineId: this.#machineId,
      timing,
      discard: (grant) => this.#discard(grant),
    };
  }

  get state(): LicenseClientState {
    return this.#state;
  }

  /** The seat held now. */
  get seat(): HeldSeat | undefined {
    return this.#holding && heldSeat(this.#holding.seat);
  }

  /** The grant of the seat held now, for `resume()` in another process. It contains the session token: keep it secret. */
  get grant(): AcquireResponse | undefined {
    return this.#holding?.seat.grant;
  }

  /** Keys and issuer known by now, to be pinned by an offline program. */
  get trustAnchor(): TrustAnchor | undefined {
    return this.#trust.anchor;
  }

  /** @returns unsubscribes */
  on<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  off<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): void {
    this.#events.off(name, listener);
  }

  /**
   * Takes a seat and keeps it until `release()` or the event `lost`. One client holds one seat: called again it asks
   * again, and a seat held before is given back if the answer is another one.
   *
   * @throws {LicenseClientError} typed by cause, see errors.ts; the signal's reason if the signal gave up
   */
  async acquire(options: AcquireOptions = {}): Promise<HeldSeat> {
    const { signal, ...request } = options;
    signal?.throwIfAborted();
    const acquired = this.#attempt((controller) => {
      // oxlint-disable-next-line no-unused-expressions
      return this.#take(request, controller);
    }, signal);
    return await acquired;
  }

  /**
   * Keeps a seat that another process took, see `grant`.
   *
   * @param request what it was acquired with, to be asked again when the license session ends
   * @throws {LicenseClientError} without retries; `LeaseLostError` if the seat is no longer held
   */
  async resume(grant: AcquireResponse, request: SeatRequest = {}): Promise<HeldSeat> {
    return await this.#attempt(async () => {
      const { body, serverAheadMs } = await this.#api.heartbeat(grant.session_token);
      const checks = { nowMs: this.#timing.now() + serverAheadMs, graceSeconds: 0, machineId: await this.#machineId() };
      const payload = await this.#trust.verify(grant.signed_license, checks);
      const seat = extended({ grant, payload, lease: leaseOf(grant, serverAheadMs) }, body, serverAheadMs);
      return this.#hold(seat, request);
    });
  }

  /** Gives the seat back, best effort: never rejects, and without an answer the lease ends by itself. Idempotent. */
  release(): Promise<void> {
    this.#releasing ??= this.#giveBack().finally(() => {
      this.#releasing = undefined;
    });
    return this.#releasing;
  }

  /** Ends the heartbeats without giving the seat back: another process keeps it, see `grant` and `resume()`. */
  detach(): void {
    this.#drop('released');
  }

  /**
   * Verifies a license without the server: with the pinned keys, or those fetched by an earlier `acquire()`.
   *
   * @param options.graceSeconds how long after the session end it still counts; the client's by default
   * @throws {VerificationError} also for a license of another machine
   */
  async verifyOffline(
    license: SignedLicense | string,
    options: { graceSeconds?: number } = {},
  ): Promise<SignedLicensePayload> {
    const graceSeconds = options.graceSeconds ?? this.#graceSeconds;
    const checks = { nowMs: this.#timing.now(), graceSeconds, machineId: await this.#machineId() };
    return await this.#trust.verifyOffline(license, checks);
  }
}
