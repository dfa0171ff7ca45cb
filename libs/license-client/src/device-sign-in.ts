import { AuthenticationError, LicenseClientError } from './errors.js';
import type { LicenseApi } from './license-api.js';
import { pause, type Timing } from './timing.js';
import type { DeviceAuthorization, TokenResponse } from './wire.js';

/** How much the interval between two polls grows when the server answers `slow_down` (RFC 8628, section 3.5). */
const SLOW_DOWN_SECONDS = 5;

/**
 * Signs in with a code that the user approves in a browser on any device (RFC 8628).
 *
 * @param announce shows the user the code and the page to enter it
 * @throws {AuthenticationError} `access_denied` if the user refused, `expired_token` if the code was not approved in time
 */
export async function signInByDevice(
  api: LicenseApi,
  timing: Timing,
  options: { clientName: string; announce: (device: DeviceAuthorization) => void },
): Promise<TokenResponse> {
  const device = await api.beginDevice(options.clientName);
  options.announce(device);
  const { signal } = new AbortController();
  const endsAt = timing.now() + device.expires_in * 1000;
  let intervalSeconds = device.interval;
  while (timing.now() < endsAt) {
    await pause(timing, Math.min(intervalSeconds * 1000, endsAt - timing.now()), signal);
    try {
      return await api.deviceTokens(device.device_code);
    } catch (error) {
      intervalSeconds = nextInterval(error, intervalSeconds);
    }
  }
  throw new AuthenticationError('the code expired before it was approved', { code: 'expired_token' });
}

/** Returns the seconds to wait before the next poll. Throws errors after which polling makes no sense. */
function nextInterval(error: unknown, intervalSeconds: number): number {
  if (!(error instanceof LicenseClientError)) throw error;
  if (error.code === 'authorization_pending') return intervalSeconds;
  if (error.code === 'slow_down') return intervalSeconds + SLOW_DOWN_SECONDS;
  if (error.isConclusive) throw error;
  // RFC 8628, section 3.5: after a timeout, poll exponentially less often
  return Math.max(intervalSeconds * 2, error.retryAfterSeconds ?? 0);
}
