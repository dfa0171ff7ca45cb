import { LeaseLostError, LicenseClientError, LicenseStateError, ProtocolError } from './errors.js';
import type { Lease } from './seat.js';
import { retryDelayMs, type Timing } from './timing.js';

/** The operations and reports that the loop needs. */
export interface HeartbeatDuties {
  heartbeat(): Promise<Lease>;
  /** Acquires again. Returns the same license session if the server does not start another one yet. */
  renew(): Promise<Lease>;
  /** @throws {LicenseClientError} unless the signed license still verifies offline */
  verifyOffline(): Promise<void>;
  renewed(): void;
  /** @param until ms since the Unix epoch, on this machine's clock */
  degraded(error: LicenseClientError, until: number): void;
  recovered(): void;
  /** Called once. The loop has stopped by then. */
  lost(error: LicenseClientError): void;
}

const LONGEST_BACKOFF_MS = 60_000;
/** The shortest pause between requests, if the server names a lease or session end in the past. */
const SHORTEST_REST_MS = 500;

/**
 * Keeps one seat. It sends heartbeats at the server's interval. After inconclusive failures it keeps trying until its own
 * deadline, the end of the lease plus grace. A failed heartbeat is not a lost lease: only an explicit answer of the server
 * or the deadline ends it. Its timers do not keep the process alive.
 */
export class HeartbeatLoop {
  #lease: Lease;
  #beatAt = 0;
  /** When to ask for the next license session. Infinity after it was asked for, until this session ends. */
  #renewAt = 0;
  #restUntil = 0;
  #failures = 0;
  /** The last failure since the last successful answer. */
  #trouble: LicenseClientError | undefined;
  #degraded = false;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(
    lease: Lease,
    private readonly duties: HeartbeatDuties,
    private readonly options: { timing: Timing; graceMs: number },
  ) {
    this.#lease = lease;
    this.#planBeat();
    this.#planRenewal();
    this.#arm();
  }

  /** Stops without an event. A call under way has no effect any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  get #now(): number {
    return this.options.timing.now();
  }

  get #leaseEnd(): number {
    return Math.min(this.#lease.endsAt, this.#lease.sessionEndsAt);
  }

  get #deadline(): number {
    return this.#leaseEnd + this.options.graceMs;
  }

  #planBeat(): void {
    const jittered = this.#lease.heartbeatIntervalMs * (0.9 + 0.2 * this.options.timing.random());
    const { endsAt, sessionEndsAt } = this.#lease;
    // At most half of the remaining time, because a repeated acquire may return a lease that has mostly run out. A lease
    // that ends with its session is excluded: heartbeats do not extend it.
    const latest = endsAt < sessionEndsAt ? Math.max(0, endsAt - this.#now) / 2 : Infinity;
    this.#beatAt = this.#now + Math.min(jittered, latest);
    this.#restUntil = this.#now + SHORTEST_REST_MS;
  }

  /** Plans the renewal one to two intervals before the session end. The time is random, so that clients that started
   *  together do not renew together. */
  #planRenewal(): void {
    const margin = this.#lease.heartbeatIntervalMs * (1 + this.options.timing.random());
    const left = Math.max(0, this.#lease.sessionEndsAt - this.#now);
    this.#renewAt = this.#lease.sessionEndsAt - Math.min(margin, left / 10);
  }

  #arm(): void {
    if (this.#stopped) return;
    const boundary = this.#degraded ? this.#deadline : this.#leaseEnd;
    const at = Math.max(this.#restUntil, Math.min(this.#beatAt, this.#renewAt, boundary));
    this.#cancelTimer = this.options.timing.after(Math.max(0, at - this.#now), () => void this.#wake(), false);
  }

  async #wake(): Promise<void> {
    const now = this.#now;
    // A known failure outlasted the lease. Without one, the machine may have slept, so the server is asked first.
    if (this.#trouble && now >= this.#leaseEnd && now < this.#deadline) await this.#degrade(this.#trouble);
    const due = now >= Math.min(this.#beatAt, this.#renewAt);
    const ended = now >= (this.#degraded ? this.#deadline : this.#leaseEnd);
    if (!this.#stopped && (due || ended)) await this.#attempt();
    this.#arm();
  }

  async #attempt(): Promise<void> {
    const now = this.#now;
    const renewing = now >= this.#lease.sessionEndsAt || (now >= this.#renewAt && now < this.#beatAt);
    try {
      const lease = renewing ? await this.duties.renew() : await this.duties.heartbeat();
      if (!this.#stopped) this.#succeeded(lease, renewing);
    } catch (error) {
      if (!this.#stopped) await this.#failed(asClientError(error), renewing);
    }
  }

  #succeeded(lease: Lease, renewing: boolean): void {
    const sameSession = lease.sessionId === this.#lease.sessionId;
    this.#lease = lease;
    this.#failures = 0;
    this.#trouble = undefined;
    this.#planBeat();
    if (!sameSession) this.#planRenewal();
    else if (renewing) this.#renewAt = Infinity;
    if (this.#degraded) {
      this.#degraded = false;
      this.duties.recovered();
    }
    this.duties.renewed();
  }

  async #failed(error: LicenseClientError, renewing: boolean): Promise<void> {
    const now = this.#now;
    if (renewing && now < this.#lease.sessionEndsAt) {
      this.#retryRenewalLater(error);
    } else if (!renewing && error instanceof LeaseLostError && error.endReason === 'session_ended') {
      // by the server's clock the session is over: the loop asks for the next one at once
      this.#lease = { ...this.#lease, sessionEndsAt: now };
      this.#restUntil = now;
    } else if (isLoss(error) || (renewing && error.isConclusive)) {
      this.#lose(error);
    } else {
      await this.#endure(error);
    }
  }

  /** Heartbeats still hold the seat. A refused renewal counts only when the session has ended. */
  #retryRenewalLater(error: LicenseClientError): void {
    const delayMs =
      (error.retryAfterSeconds ?? 0) * 1000 + this.options.timing.random() * this.#lease.heartbeatIntervalMs;
    this.#renewAt = error.isConclusive ? Infinity : this.#now + delayMs;
  }

  async #endure(error: LicenseClientError): Promise<void> {
    this.#trouble = error;
    this.#failures += 1;
    if (this.#now >= this.#deadline) {
      const message = `the license server has not answered since the lease ended: ${error.message}`;
      this.#lose(new LeaseLostError(message, { code: 'grace_over', cause: error }, undefined));
      return;
    }
    const capMs = Math.min(LONGEST_BACKOFF_MS, this.#lease.heartbeatIntervalMs);
    const { retryAfterSeconds } = error;
    this.#beatAt = this.#now + retryDelayMs(this.options.timing, this.#failures, { retryAfterSeconds, capMs });
    if (this.#now >= this.#lease.sessionEndsAt) this.#renewAt = Infinity; // from now on every attempt is a renewal
    if (this.#now >= this.#leaseEnd) await this.#degrade(error);
  }

  async #degrade(error: LicenseClientError): Promise<void> {
    if (this.#degraded) return;
    this.#degraded = true;
    try {
      await this.duties.verifyOffline();
      if (!this.#stopped) this.duties.degraded(error, this.#deadline);
    } catch (refusal) {
      this.#lose(asClientError(refusal));
    }
  }

  #lose(error: LicenseClientError): void {
    if (this.#stopped) return;
    this.stop();
    this.duties.lost(error);
  }
}

function isLoss(error: LicenseClientError): boolean {
  return error instanceof LeaseLostError || error instanceof LicenseStateError;
}

function asClientError(error: unknown): LicenseClientError {
  if (error instanceof LicenseClientError) return error;
  return new ProtocolError('the call failed unexpectedly', { code: 'unexpected_failure', cause: error });
}
