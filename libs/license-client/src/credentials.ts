import { AuthenticationError } from './errors.js';
import type { LicenseApi } from './license-api.js';
import type { Timing } from './timing.js';
import type { LoginRequest, TokenResponse } from './wire.js';

/** The tokens of a login, to be kept. Both tokens are secrets. */
export interface StoredTokens {
  refreshToken: string;
  accessToken?: string;
  /** Milliseconds since the Unix epoch, on this machine's clock. */
  accessTokenExpiresAt?: number;
}

/** Where the host keeps a login between runs. */
export interface TokenStore {
  get(): Promise<StoredTokens | undefined>;
  /** Called with undefined when the server has refused the refresh token. */
  set(tokens: StoredTokens | undefined): Promise<void>;
  /**
   * Runs `work` while no other process does. Needed if several processes share the store, because a refresh token can be
   * used only once: the server takes a second use for theft and ends the whole login. Only a repetition within 30 seconds,
   * before the next token was used, counts as a lost answer.
   */
  exclusively?<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A login that can be repeated without its user. That excludes accounts with a second factor. */
export type PasswordCredentials = Omit<LoginRequest, 'two_factor_code'>;

/** How the host signs in. */
export type CredentialsOption =
  | { accessToken: string | (() => string | Promise<string>) }
  | { apiKey: string }
  | PasswordCredentials
  | TokenStore;

/** Provides access tokens. */
export interface Credentials {
  /** @throws {AuthenticationError} if there is no login, or it has ended */
  accessToken(): Promise<string>;
  /** Reports that the server refused this token although it seemed valid. */
  refused(accessToken: string): void;
}

export function openCredentials(option: CredentialsOption, api: LicenseApi, timing: Timing): Credentials {
  if ('accessToken' in option) return new HostCredentials(option.accessToken);
  // An API key is sent like an access token and needs no renewal.
  if ('apiKey' in option) return new HostCredentials(option.apiKey);
  if ('password' in option) return new RefreshedCredentials(api, memoryStore(), timing, option);
  return new RefreshedCredentials(api, option, timing);
}

/** The tokens of a login answer, in the form that is kept. */
export function storedTokens(answer: TokenResponse, timing: Timing): StoredTokens {
  return {
    refreshToken: answer.refresh_token,
    accessToken: answer.access_token,
    accessTokenExpiresAt: timing.now() + answer.expires_in * 1000,
  };
}

class HostCredentials implements Credentials {
  constructor(private readonly source: string | (() => string | Promise<string>)) {}

  async accessToken(): Promise<string> {
    return typeof this.source === 'string' ? this.source : await this.source();
  }

  refused(): void {
    // the host's function decides what to return next
  }
}

/** An access token must stay valid until its request arrives. */
const EXPIRY_MARGIN_MS = 30_000;

class RefreshedCredentials implements Credentials {
  #obtaining: Promise<string> | undefined;
  #refused: string | undefined;

  constructor(
    private readonly api: LicenseApi,
    private readonly store: TokenStore,
    private readonly timing: Timing,
    private readonly login?: PasswordCredentials,
  ) {}

  accessToken(): Promise<string> {
    this.#obtaining ??= this.#obtain().finally(() => {
      this.#obtaining = undefined;
    });
    return this.#obtaining;
  }

  refused(accessToken: string): void {
    this.#refused = accessToken;
  }

  async #obtain(): Promise<string> {
    const usable = this.#usable(await this.store.get());
    if (usable !== undefined) return usable;
    const renew = () => this.#renew();
    return this.store.exclusively ? await this.store.exclusively(renew) : await renew();
  }

  async #renew(): Promise<string> {
    const tokens = await this.store.get();
    // another process may have refreshed the tokens while this one waited for its turn
    const usable = this.#usable(tokens);
    if (usable !== undefined) return usable;
    const answer = (tokens && (await this.#refresh(tokens.refreshToken))) ?? (await this.#signIn());
    await this.store.set(storedTokens(answer, this.timing));
    return answer.access_token;
  }

  #usable(tokens: StoredTokens | undefined): string | undefined {
    if (tokens?.accessToken === undefined || tokens.accessToken === this.#refused) return undefined;
    const expiresAt = tokens.accessTokenExpiresAt ?? 0;
    return expiresAt - EXPIRY_MARGIN_MS > this.timing.now() ? tokens.accessToken : undefined;
  }

  /** Returns undefined if the server no longer accepts the refresh token. */
  async #refresh(refreshToken: string): Promise<TokenResponse | undefined> {
    try {
      return await this.api.refresh(refreshToken);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      await this.store.set(undefined);
      return undefined;
    }
  }

  async #signIn(): Promise<TokenResponse> {
    if (!this.login) throw new AuthenticationError('you are not signed in', { code: 'not_signed_in' });
    const { email, password, tenant } = this.login;
    return await this.api.login({ email, password, ...(tenant !== undefined && { tenant }) });
  }
}

function memoryStore(): TokenStore {
  let kept: StoredTokens | undefined;
  return {
    get: async () => kept,
    async set(tokens) {
      kept = tokens;
    },
  };
}
