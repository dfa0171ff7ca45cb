import type { JSONWebKeySet } from 'jose';
import { asAccount, asDevice, asGrant, asHeartbeat, asJwks, asTokens } from './answer-shape.js';
import type { HttpClient, HttpAnswer } from './http-client.js';
import type {
  Account,
  AcquireRequest,
  AcquireResponse,
  DeviceAuthorization,
  HeartbeatResponse,
  LoginRequest,
  TokenResponse,
} from './wire.js';

/** An answer with the difference of the server's clock, see `HttpAnswer`. */
export interface Timed<Body> {
  body: Body;
  serverAheadMs: number;
}

/** One call for each route that a client program needs. All throw `LicenseClientError`s. */
export class LicenseApi {
  constructor(private readonly http: HttpClient) {}

  async login(request: LoginRequest): Promise<TokenResponse> {
    return asTokens((await this.#post('auth/login', request)).body);
  }

  /** Requests the codes of a device sign-in (RFC 8628). */
  async beginDevice(clientName: string): Promise<DeviceAuthorization> {
    return asDevice((await this.#post('auth/device', { client_name: clientName })).body);
  }

  /** Returns the login when the code was approved. Until then it rejects with `authorization_pending` or `slow_down`. */
  async deviceTokens(deviceCode: string): Promise<TokenResponse> {
    return asTokens((await this.#post('auth/device/token', { device_code: deviceCode })).body);
  }

  async me(accessToken: string): Promise<Account> {
    return asAccount((await this.http.send({ method: 'GET', path: 'api/v1/auth/me', accessToken })).body);
  }

  /** Uses up the refresh token: store the new one from the answer before anything else. */
  async refresh(refreshToken: string): Promise<TokenResponse> {
    return asTokens((await this.#post('auth/refresh', { refresh_token: refreshToken })).body);
  }

  async logout(refreshToken: string): Promise<void> {
    await this.#post('auth/logout', { refresh_token: refreshToken });
  }

  /** Idempotent per user, machine and license. */
  async acquire(accessToken: string, request: AcquireRequest): Promise<Timed<AcquireResponse>> {
    const { body, serverAheadMs } = await this.#post('licenses/acquire', request, accessToken);
    return { body: asGrant(body), serverAheadMs };
  }

  /** The session token alone is the credential, so an expired login never costs a seat. */
  async heartbeat(sessionToken: string): Promise<Timed<HeartbeatResponse>> {
    const { body, serverAheadMs } = await this.#post('licenses/heartbeat', { session_token: sessionToken });
    return { body: asHeartbeat(body), serverAheadMs };
  }

  /** Idempotent. */
  async release(sessionToken: string): Promise<void> {
    await this.#post('licenses/release', { session_token: sessionToken });
  }

  async jwks(): Promise<JSONWebKeySet> {
    return asJwks((await this.http.send({ method: 'GET', path: '.well-known/jwks.json' })).body);
  }

  #post(route: string, body: object, accessToken?: string): Promise<HttpAnswer> {
    return this.http.send({ method: 'POST', path: `api/v1/${route}`, body, ...(accessToken && { accessToken }) });
  }
}
