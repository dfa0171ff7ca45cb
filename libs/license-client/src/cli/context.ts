import path from 'node:path';
import { LicenseClient } from '../client.js';
import { configDirectory } from '../config-directory.js';
import type { StoredTokens, TokenStore } from '../credentials.js';
import { HttpClient, parseBaseUrl } from '../http-client.js';
import { LicenseApi } from '../license-api.js';
import { machineId } from '../machine-id.js';
import { StateFile } from '../state-file.js';
import { systemTiming } from '../timing.js';
import { UsageError } from './exit-codes.js';

/** The process around the command line. */
export interface Io {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
}

const DEFAULT_SERVER = 'http://127.0.0.1:3000';
const TIMEOUT_MS = 10_000;

/** What every command works with: one server, and the state that is kept for it. */
export class Context {
  readonly server: string;
  readonly json: boolean;
  readonly api: LicenseApi;
  readonly state: StateFile;

  /** @throws {UsageError} if the server's URL is not valid */
  constructor(
    readonly io: Io,
    common: { server?: string | undefined; json?: boolean | undefined },
  ) {
    const baseUrl = serverUrl(common.server ?? io.env['CODITECT_SERVER'] ?? DEFAULT_SERVER);
    this.server = baseUrl.href;
    this.json = common.json ?? false;
    this.api = new LicenseApi(
      new HttpClient({
        baseUrl,
        fetch: (url, init) => fetch(url, init),
        timeoutMs: TIMEOUT_MS,
        timing: systemTiming,
      }),
    );
    this.state = new StateFile(path.join(configDirectory(io.env), 'license.json'), this.server);
  }

  /** The API key of a machine without a signed-in user. It takes precedence over a kept login. */
  get apiKey(): string | undefined {
    return this.io.env['CODITECT_API_KEY']?.trim() || undefined;
  }

  /** Opens a client that uses the API key of the environment, or else the kept login. */
  async openClient(): Promise<LicenseClient> {
    const { apiKey } = this;
    const credentials = apiKey === undefined ? this.#tokenStore() : { apiKey };
    return new LicenseClient({ baseUrl: this.server, credentials, machineId: await machineId(this.io.env) });
  }

  machineId(): Promise<string> {
    return machineId(this.io.env);
  }

  /** Prints a line for the user. It goes to standard error, because standard output is for results. */
  readonly say = (line: string): void => {
    this.io.stderr.write(`coditect-license: ${line}\n`);
  };

  #tokenStore(): TokenStore {
    const { state } = this;
    return {
      get: async () => (await state.read()).login,
      async set(tokens: StoredTokens | undefined) {
        await state.write(({ login, ...rest }) => ({
          ...rest,
          ...(tokens && { login: { ...tokens, email: login?.email ?? '' } }),
        }));
      },
      exclusively: (work) => state.exclusively(work),
    };
  }
}

function serverUrl(text: string): URL {
  try {
    return parseBaseUrl(text);
  } catch (cause) {
    throw new UsageError(`${text} is not the URL of a server`, { cause });
  }
}
