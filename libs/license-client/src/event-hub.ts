import type { DeniedError, LicenseClientError } from './errors.js';
import type { LicenseLogger } from './logger.js';
import type { HeldSeat } from './seat.js';

/** The events by which a `LicenseClient` informs its host. */
export interface LicenseEvents {
  /** A seat was taken. */
  acquired: { seat: HeldSeat };
  /** The lease was extended, or a new license session followed the one that ended. */
  renewed: { seat: HeldSeat };
  /** The lease ended without an answer. The license still verifies offline, and the client keeps trying until `until`. */
  degraded: { seat: HeldSeat; error: LicenseClientError; until: Date };
  /** The server answered again, and the seat is still held. */
  recovered: { seat: HeldSeat };
  /** The seat is gone and the client has stopped. `acquire()` may be called again. */
  lost: { seat: HeldSeat; error: LicenseClientError };
  /** A seat was refused. */
  denied: { error: DeniedError };
}

export type LicenseEventName = keyof LicenseEvents;
export type LicenseListener<Name extends LicenseEventName> = (event: LicenseEvents[Name]) => unknown;

/** Calls listeners. One that throws or rejects affects neither the others nor the client. */
export class EventHub {
  readonly #listeners: { [Name in LicenseEventName]: Set<LicenseListener<Name>> } = {
    acquired: new Set(),
    renewed: new Set(),
    degraded: new Set(),
    recovered: new Set(),
    lost: new Set(),
    denied: new Set(),
  };

  constructor(private readonly logger: LicenseLogger) {}

  on<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): () => void {
    this.#listeners[name].add(listener);
    return () => this.off(name, listener);
  }

  off<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>): void {
    this.#listeners[name].delete(listener);
  }

  emit<Name extends LicenseEventName>(name: Name, event: LicenseEvents[Name]): void {
    for (const listener of Array.from(this.#listeners[name])) void this.#tell(name, listener, event);
  }

  async #tell<Name extends LicenseEventName>(name: Name, listener: LicenseListener<Name>, event: LicenseEvents[Name]) {
    try {
      await listener(event);
    } catch (error) {
      this.logger.warn(`a listener of "${name}" failed`, { error: String(error) });
    }
  }
}
