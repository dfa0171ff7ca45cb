import type { JSONWebKeySet } from 'jose';
import { acquireSeat, type SeatRequest, type SeatSource } from './acquire-seat.js';
import { openCredentials, type CredentialsOption } from './credentials.js';
import { DeniedError, LicenseClientError, NetworkError } from './errors.js';
import { EventHub, type LicenseEventName, type LicenseListener } from './event-hub.js';
import { releaseAtExit } from './exit-handlers.js';
import { Holding, type HoldingDuties } from './holding.js';
import { HttpClient, parseBaseUrl, type Fetch } from './http-client.js';
import { LicenseApi } from './license-api.js';
import { LicenseTrust, type TrustAnchor } from './license-trust.js';
import { quietLogger, type LicenseLogger } from './logger.js';
import { machineId, normalizeMachineId } from './machine-id.js';
import { extended, type HeldSeat, type Seat } from './seat.js';
import { systemTiming, type Timing } from './timing.js';
import { Turns } from './turns.js';
import type { AcquireResponse, SignedLicense, SignedLicensePayload } from './wire.js';

// Types that a host needs for this class, so that it can import everything from one place.
export type { SeatRequest } from './acquire-seat.js';
export type { CredentialsOption, StoredTokens, TokenStore } from './credentials.js';
export type { LicenseEventName, LicenseEvents, LicenseListener } from './event-hub.js';
export type { HeldSeat } from './seat.js';
export type { Timing } from './timing.js';
export type { AcquireResponse, SignedLicense, SignedLicensePayload } from './wire.js';

export interface LicenseClientOptions {
  /** URL of the license server, e.g. `https://licenses.example.com`. */
  baseUrl: string;
  credentials: CredentialsOption;
  /** Pinned keys of the issuer. Without them, the client fetches the keys on first use and keeps them. */
  jwks?: JSONWebKeySet;
  /** The only accepted `iss`. If it is missing, only the issuer of the first license that the keys verify is
   *  accepted. */
  issuer?: string;
  /** A UUID or 64 hex digits; anything else is hashed. By default `CODITECT_MACHINE_ID` or the id of this machine. */
  machineId?: string;
  /** How long the host may continue after a lease that could not be extended. 3600 by default. */
  graceSeconds?: number;
  /** Timeout of each request. 10 by default. */
  timeoutSeconds?: number;
  /** How often `acquire()` tries while failures are inconclusive. 4 by default. */
  acquireAttempts?: number;
  /** Gives the seat back on SIGINT, SIGTERM, SIGHUP and when the process has nothing left to do. Off by default. */
  releaseOnExit?: boolean;
  logger?: LicenseLogger;
  fetch?: Fetch;
  timing?: Timing;
}

export interface AcquireOptions extends SeatRequest {
  /** Aborts the attempt. A seat that is still granted is given back. */
  signal?: AbortSignal;
}

/** `idle`: before the first seat. `degraded`: the lease has ended without an answer, and grace has not ended yet. */
export type LicenseClientState = 'idle' | 'held' | 'degraded' | 'lost' | 'released';

/**
 * Takes one seat, keeps it and gives it back. Only methods that the host awaits throw, always a `LicenseClientError`.
 * Everything that happens later is reported by events.
 */
export class LicenseClient {
  readonly #api: LicenseApi;
  readonly #trust: LicenseTrust;
  readonly #source: SeatSource;
  readonly #holdingDuties: HoldingDuties;
  readonly #events: EventHub;
  readonly #logger: LicenseLogger;
  readonly #timing: Timing;
  readonly #graceSeconds: number;
  #stateWithoutSeat: 'idle' | 'lost' | 'released' = 'idle';
  #holding: Holding | undefined;
  /** Serializes acquires, because two at once could leave a seat behind. */
  readonly #turns = new Turns(() => this.#watchExit());
  #releasing: Promise<void> | undefined;
  #machineId: Promise<string> | undefined;
  #forgetExit: (() => void) | undefined;

  /** @throws {TypeError} if the base URL is not valid */
  constructor(private readonly options: LicenseClientOptions) {
    const { fetch = (url, init) => globalThis.fetch(url, init), timing = systemTiming, timeoutSeconds = 10 } = options;
    const http = new HttpClient({
      baseUrl: parseBaseUrl(options.baseUrl),
      fetch,
      timeoutMs: timeoutSeconds * 1000,
      timing,
    });
    this.#api = new LicenseApi(http);
    this.#trust = new LicenseTrust(options, () => this.#api.jwks());
    this.#logger = quietLogger(options.logger);
    this.#events = new EventHub(this.#logger);
    this.#timing = timing;
    this.#graceSeconds = options.graceSeconds ?? 3600;
    this.#source = {
      api: this.#api,
      credentials: openCredentials(options.credentials, this.#api, timing),
      trust: this.#trust,
      machineId: () => this.#ownMachineId(),
      timing,
      discard: (grant) => this.#discard(grant),
    };
    this.#holdingDuties = {
      api: this.#api,
      events: this.#events,
      logger: this.#logger,
      timing,
      graceSeconds: this.#graceSeconds,
      renew: (holding) => this.#turns.take((signal) => this.#renew(holding, signal)),
      verifyOffline: async (seat) => {
        await this.verifyOffline(seat.grant.signed_license, { graceSeconds: this.#graceSeconds });
      },
      ended: () => this.#drop('lost'),
    };
  }

  get state(): LicenseClientState {
    return this.#holding?.state ?? this.#stateWithoutSeat;
  }

  /** The seat held now, if any. */
  get seat(): HeldSeat | undefined {
    return this.#holding?.described;
  }

  /** The grant of the seat held now, for `resume()` in another process. It contains the session token: keep it secret. */
  get grant(): AcquireResponse | undefined {
    return this.#holding?.seat.grant;
  }

  /** The keys and the issuer known so far. Pin them where licenses are verified offline. */
  get trustAnchor(): TrustAnchor | undefined {
    return this.#trust.anchor;
  }

  /** @returns a function that unsubscribes */
  on<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  off<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): void {
    this.#events.off(name, listener);
  }

  /**
   * Takes a seat and keeps it until `release()` or the event `lost`. One client holds one seat. Called again, it asks
   * again; if the answer is another seat, the former one is given back.
   *
   * @throws {LicenseClientError} typed by cause, see errors.ts; the signal's reason if it was aborted
   */
  async acquire(options: AcquireOptions = {}): Promise<HeldSeat> {
    const { signal: hostSignal, ...request } = options;
    const attempts = this.options.acquireAttempts ?? 4;
    return await this.#turns.take(async (signal) => {
      try {
        return this.#hold(await acquireSeat(this.#source, request, { attempts, signal }), request);
      } catch (error) {
        if (error instanceof DeniedError) this.#events.emit('denied', { error });
        throw error;
      }
    }, hostSignal);
  }

  /**
   * Keeps a seat that another process took, see `grant`.
   *
   * @param request the request it was acquired with; it is sent again when the license session ends
   * @throws {LicenseClientError} at the first failure; `LeaseLostError` if the seat is no longer held
   */
  async resume(grant: AcquireResponse, request: SeatRequest = {}): Promise<HeldSeat> {
    return await this.#turns.take(async () => {
      const { body, serverAheadMs } = await this.#api.heartbeat(grant.session_token);
      const checks = {
        nowMs: this.#timing.now() + serverAheadMs,
        graceSeconds: 0,
        machineId: await this.#ownMachineId(),
      };
      const payload = await this.#trust.verify(grant.signed_license, checks);
      return this.#hold(extended({ grant, payload }, body, serverAheadMs), request);
    });
  }

  /** Gives the seat back. Best effort: never rejects; without an answer, the lease ends by itself. Idempotent. */
  release(): Promise<void> {
    this.#releasing ??= this.#giveBack().finally(() => {
      this.#releasing = undefined;
    });
    return this.#releasing;
  }

  /** Stops the heartbeats without giving the seat back, so that another process can keep it, see `grant`. */
  detach(): void {
    this.#drop('released');
  }

  /**
   * Verifies a license without the server, with the pinned keys or those that an earlier `acquire()` fetched.
   *
   * @param options.graceSeconds how long after the session end the license still counts; 0 by default
   * @throws {VerificationError} also for a license of another machine
   */
  async verifyOffline(
    license: SignedLicense | string,
    options: { graceSeconds?: number } = {},
  ): Promise<SignedLicensePayload> {
    const { graceSeconds = 0 } = options;
    const serverAheadMs = this.#holding?.seat.lease.serverAheadMs ?? 0;
    const nowMs = this.#timing.now() + serverAheadMs;
    return await this.#trust.verifyOffline(license, { nowMs, graceSeconds, machineId: await this.#ownMachineId() });
  }

  #ownMachineId(): Promise<string> {
    const { machineId: given } = this.options;
    this.#machineId ??= given === undefined ? machineId() : Promise.resolve(normalizeMachineId(given));
    return this.#machineId;
  }

  #hold(seat: Seat, request: SeatRequest): HeldSeat {
    const previous = this.#holding;
    previous?.stop();
    this.#holding = new Holding(seat, request, this.#holdingDuties);
    if (previous) void this.#leave(previous.seat, seat);
    const { described } = this.#holding;
    this.#events.emit('acquired', { seat: described });
    return described;
  }

  async #renew(holding: Holding, signal: AbortSignal): Promise<Seat> {
    // the seat was replaced or released while this waited for its turn
    if (this.#holding !== holding) throw releasedError();
    const next = await acquireSeat(this.#source, holding.request, { attempts: 1, signal });
    void this.#leave(holding.seat, next);
    return next;
  }

  /** Gives the former seat back if the next one is of another license, as can happen with a product. */
  async #leave(previous: Seat, next: Seat): Promise<void> {
    if (previous.grant.session_id !== next.grant.session_id) await this.#releaseQuietly(previous.grant);
  }

  async #discard(grant: AcquireResponse): Promise<void> {
    if (this.#holding?.seat.grant.session_id !== grant.session_id) await this.#releaseQuietly(grant);
  }

  async #giveBack(): Promise<void> {
    const holding = this.#drop('released');
    // Before any waiting, so that a second signal ends the process at once.
    this.#forgetExit?.();
    this.#forgetExit = undefined;
    const stopped = this.#turns.abort(releasedError());
    await Promise.all([holding && this.#releaseQuietly(holding.seat.grant), stopped]);
  }

  async #releaseQuietly(grant: AcquireResponse): Promise<void> {
    try {
      await this.#api.release(grant.session_token).catch((error: unknown) => {
        // the server may just have closed the kept-alive connection
        if (!(error instanceof NetworkError) || error.code === 'timeout') throw error;
        return this.#api.release(grant.session_token);
      });
      this.#logger.debug('the seat was given back', { session_id: grant.session_id });
    } catch (error) {
      this.#logger.warn('the seat could not be given back, its lease will end by itself', { error: String(error) });
    }
  }

  #drop(state: 'lost' | 'released'): Holding | undefined {
    const holding = this.#holding;
    if (!holding) return undefined;
    holding.stop();
    this.#holding = undefined;
    this.#stateWithoutSeat = state;
    this.#watchExit();
    return holding;
  }

  /** Installs the exit handlers while a seat is held or being acquired, and removes them otherwise. */
  #watchExit(): void {
    const needed = this.options.releaseOnExit && !this.#releasing && (this.#holding || this.#turns.busy);
    if (needed) this.#forgetExit ??= releaseAtExit(() => this.release());
    else {
      this.#forgetExit?.();
      this.#forgetExit = undefined;
    }
  }
}

function releasedError(): LicenseClientError {
  return new LicenseClientError('the seat was released before it could be used', { code: 'released' });
}
