import { randomUUID } from 'node:crypto';
import type { DeviceAuthorization } from '../src/wire.js';

interface Device {
  userCode: string;
  decision: 'approved' | 'denied' | undefined;
  polledAt: number | undefined;
  intervalSeconds: number;
  endsAt: number;
}

/** Devices that wait for approval at the license server of the tests (RFC 8628). */
export class WaitingDevices {
  readonly #devices = new Map<string, Device>();
  /** Initial minimum interval between two polls. */
  intervalSeconds = 5;

  constructor(private readonly now: () => number) {}

  begin(url: string): DeviceAuthorization {
    const device_code = randomUUID();
    const user_code = `BCDF-${'BCDFGHJKLMNPQRSTVWXZ'[this.#devices.size]}HJK`;
    const { intervalSeconds } = this;
    const endsAt = this.now() + 600_000;
    this.#devices.set(device_code, {
      userCode: user_code,
      decision: undefined,
      polledAt: undefined,
      intervalSeconds,
      endsAt,
    });
    const verification_uri = `${url}/device`;
    const verification_uri_complete = `${verification_uri}?user_code=${user_code}`;
    const codes = { device_code, user_code, verification_uri, verification_uri_complete };
    return { ...codes, expires_in: 600, interval: intervalSeconds };
  }

  /** Decides as the user who was shown the code. */
  decide(userCode: string, decision: 'approved' | 'denied'): void {
    for (const device of this.#devices.values()) if (device.userCode === userCode) device.decision = decision;
  }

  /** Returns `approved` once, or the reason why there is no login. */
  poll(code: string): string {
    const device = this.#devices.get(code);
    if (!device || device.endsAt <= this.now()) return 'expired_token';
    if (device.decision === 'denied') return 'access_denied';
    if (device.decision === 'approved') {
      this.#devices.delete(code);
      return 'approved';
    }
    const tooSoon = this.now() - (device.polledAt ?? -Infinity) < device.intervalSeconds * 1000;
    device.polledAt = this.now();
    if (tooSoon) device.intervalSeconds += 5;
    return tooSoon ? 'slow_down' : 'authorization_pending';
  }
}
