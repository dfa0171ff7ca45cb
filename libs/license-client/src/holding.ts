import type { SeatRequest } from './acquire-seat.js';
import type { LicenseClientError } from './errors.js';
import type { EventHub } from './event-hub.js';
import { HeartbeatLoop } from './heartbeat-loop.js';
import type { LicenseApi } from './license-api.js';
import type { LicenseLogger } from './logger.js';
import { extended, heldSeat, type HeldSeat, type Lease, type Seat } from './seat.js';
import type { Timing } from './timing.js';

/** What a `Holding` needs from its client. */
export interface HoldingDuties {
  api: LicenseApi;
  events: EventHub;
  logger: LicenseLogger;
  timing: Timing;
  graceSeconds: number;
  /** Acquires with the request of the holding. Returns the seat to hold from now on. */
  renew(holding: Holding): Promise<Seat>;
  /** @throws {LicenseClientError} unless the signed license still verifies offline */
  verifyOffline(seat: Seat): Promise<void>;
  /** Called before the event `lost`. */
  ended(holding: Holding): void;
}

/** The time for which a client holds one seat, from the acquire to the release or loss. Heartbeats keep the seat,
 *  and events inform the host. */
export class Holding {
  #state: 'held' | 'degraded' = 'held';
  readonly #loop: HeartbeatLoop;

  constructor(
    private current: Seat,
    readonly request: SeatRequest,
    private readonly duties: HoldingDuties,
  ) {
    const options = { timing: duties.timing, graceMs: duties.graceSeconds * 1000 };
    this.#loop = new HeartbeatLoop(current.lease, this.#heartbeatDuties(), options);
  }

  get state(): 'held' | 'degraded' {
    return this.#state;
  }

  get seat(): Seat {
    return this.current;
  }

  get described(): HeldSeat {
    return heldSeat(this.current);
  }

  stop(): void {
    this.#loop.stop();
  }

  #heartbeatDuties() {
    const { duties } = this;
    const { events } = duties;
    return {
      heartbeat: () => this.#update('heartbeat', () => this.#heartbeat()),
      renew: () => this.#update('renewal', () => duties.renew(this)),
      verifyOffline: () => duties.verifyOffline(this.current),
      renewed: () => events.emit('renewed', { seat: this.described }),
      degraded: (error: LicenseClientError, until: number) => {
        this.#state = 'degraded';
        const { serverAheadMs } = this.current.lease;
        events.emit('degraded', { seat: this.described, error, until: new Date(until + serverAheadMs) });
      },
      recovered: () => {
        this.#state = 'held';
        events.emit('recovered', { seat: this.described });
      },
      lost: (error: LicenseClientError) => {
        duties.ended(this);
        events.emit('lost', { seat: this.described, error });
      },
    };
  }

  async #update(what: string, call: () => Promise<Seat>): Promise<Lease> {
    try {
      this.current = await call();
      return this.current.lease;
    } catch (error) {
      this.duties.logger.warn(`a ${what} of the seat failed`, { error: String(error) });
      throw error;
    }
  }

  async #heartbeat(): Promise<Seat> {
    const { body, serverAheadMs } = await this.duties.api.heartbeat(this.current.grant.session_token);
    return extended(this.current, body, serverAheadMs);
  }
}
