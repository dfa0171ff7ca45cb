import { Secret, TOTP } from 'otpauth';
import type { TestApp } from './app.js';
import type { TestUser } from './factory.js';

const STEP_SECONDS = 30;

/** The secrets of a user whose second factor is on. */
export interface Authenticator {
  /** Base32. */
  secret: string;
  recoveryCodes: string[];
}

/** Returns the code of a step, counted in half minutes from now by the API's clock. */
export function codeOf(api: TestApp, secret: string, steps = 0): string {
  const timestamp = api.clock.now().getTime() + steps * STEP_SECONDS * 1000;
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp });
}

/** Returns a code that is wrong in all steps near now. */
export function wrongCodeOf(api: TestApp, secret: string): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => codeOf(api, secret, steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code))!;
}

/** Turns on the second factor of a user. Then moves the clock to the beginning of an unused step, so that no code
 *  expires during a request. */
export async function turnOnSecondFactor(api: TestApp, user: TestUser, password: string): Promise<Authenticator> {
  const set = await api.post('auth/two-factor/totp', { current_password: password }, user.accessToken).expect(200);
  const secret = set.body.secret as string;
  const code = codeOf(api, secret);
  const confirmed = await api.post('auth/two-factor/totp/confirm', { code }, user.accessToken).expect(200);
  const intoStep = (api.clock.now().getTime() / 1000) % STEP_SECONDS;
  api.advance(3 * STEP_SECONDS - intoStep);
  return { secret, recoveryCodes: confirmed.body.recovery_codes as string[] };
}
