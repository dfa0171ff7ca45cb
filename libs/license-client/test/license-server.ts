import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { json } from 'node:stream/consumers';
import type { AcquireResponse, HeartbeatResponse } from '../src/wire.js';
import { LicenseIssuer } from './license-issuer.js';
import { problem, type ServerAnswer } from './server-answer.js';
import { WaitingDevices } from './waiting-devices.js';

/** `hang` never answers, `reset` closes the connection. */
export type Scripted = ServerAnswer | 'hang' | 'reset';

/** A request that waits in the server until the test releases it. */
export interface HeldRequest {
  arrived: Promise<void>;
  goOn(): void;
}

export interface Received {
  route: string;
  body: Record<string, unknown>;
  headers: IncomingHttpHeaders;
}

interface Session {
  id: string;
  licenseId: string;
  machineId: string;
  seatNo: number;
  endsAt: number;
  endReason: string | undefined;
}

export const EMAIL = 'ada@example.com';
export const PASSWORD = 'correct horse battery';

/** A small license server over real HTTP. It keeps seats and logins, and plays the faults that a test scripts. */
export class LicenseServer {
  readonly issuer = new LicenseIssuer();
  readonly received: Received[] = [];
  seats = 3;
  features = ['editor', 'review'];
  leaseSeconds = 360;
  sessionSeconds = 28_800;
  accessTokenSeconds = 900;
  /** The server's clock, ms. */
  now: () => number = Date.now;
  /** The answer of every route while it is set. */
  outage: ServerAnswer | undefined;
  readonly sessions = new Map<string, Session>();
  readonly devices = new WaitingDevices(() => this.now());
  /** Access tokens that are accepted now. */
  readonly accessTokens = new Set<string>();
  /** Each refresh token with its login. Used tokens are kept, to detect theft. */
  readonly #refreshTokens = new Map<string, { login: string; used: boolean }>();
  readonly #script = new Map<string, Scripted[]>();
  readonly #gates = new Map<string, { arrive: () => void; opened: Promise<void> }>();
  readonly #http: Server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<LicenseServer> {
    const server = new LicenseServer();
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get url(): string {
    const address = this.#http.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  /** Sets the next answers of a route, e.g. `licenses/heartbeat`. Afterwards the route works as usual. */
  script(route: string, ...answers: Scripted[]): void {
    this.#script.set(route, [...(this.#script.get(route) ?? []), ...answers]);
  }

  /** Holds the next request of a route. After its release it is answered as usual. */
  hold(route: string): HeldRequest {
    let arrive!: () => void;
    let goOn!: () => void;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    this.#gates.set(route, { arrive, opened });
    return { arrived, goOn };
  }

  calls(route: string): Received[] {
    return this.received.filter((request) => request.route === route);
  }

  /** The seats that are held now. */
  get held(): Session[] {
    return [...this.sessions.values()].filter(
      (session) => session.endReason === undefined && session.endsAt > this.now(),
    );
  }

  end(sessionId: string, reason: string): void {
    const session = this.sessions.get(`cst_${sessionId}`);
    if (session) session.endReason = reason;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = (request.url ?? '').replace(/^\/(api\/v1\/)?/, '');
    const body = request.method === 'POST' ? ((await json(request)) as Record<string, unknown>) : {};
    this.received.push({ route, body, headers: request.headers });
    const scripted = this.#script.get(route)?.shift();
    if (scripted === 'hang') return;
    if (scripted === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const gate = this.#gates.get(route);
    this.#gates.delete(route);
    gate?.arrive();
    await gate?.opened;
    this.#send(response, this.outage ?? scripted ?? (await this.#answer(route, body, request.headers)));
  }

  #send(response: ServerResponse, { status, body, headers }: ServerAnswer): void {
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/html' : type,
      date: new Date(this.now()).toUTCString(),
      ...headers,
    });
    response.end(typeof body === 'object' ? JSON.stringify(body) : body);
  }

  async #answer(route: string, body: Record<string, unknown>, headers: IncomingHttpHeaders): Promise<ServerAnswer> {
    switch (route) {
      case '.well-known/jwks.json':
        return { status: 200, body: this.issuer.jwks() };
      case 'auth/login':
        if (body['email'] !== EMAIL || body['password'] !== PASSWORD) return problem(401, 'invalid_credentials');
        return this.#tokens(randomUUID());
      case 'auth/refresh':
        return this.#refresh(String(body['refresh_token']));
      case 'auth/device':
        return { status: 200, body: this.devices.begin(this.url) };
      case 'auth/device/token':
        return this.#pollDevice(String(body['device_code']));
      case 'auth/me':
        return this.#isSignedIn(headers) ? { status: 200, body: { email: EMAIL } } : problem(401, 'invalid_token');
      case 'auth/logout':
        this.#refreshTokens.delete(String(body['refresh_token']));
        return { status: 204 };
      case 'licenses/acquire':
        return await this.#acquire(body, headers);
      case 'licenses/heartbeat':
        return this.#heartbeat(String(body['session_token']));
      case 'licenses/release':
        return this.#release(String(body['session_token']));
      default:
        return problem(404, 'not_found');
    }
  }

  #tokens(login: string): ServerAnswer {
    const tokens = { access_token: randomUUID(), refresh_token: randomUUID() };
    this.accessTokens.add(tokens.access_token);
    this.#refreshTokens.set(tokens.refresh_token, { login, used: false });
    const lives = { expires_in: this.accessTokenSeconds, refresh_token_expires_in: 2_592_000 };
    return { status: 200, body: { ...tokens, token_type: 'Bearer', ...lives } };
  }

  #isSignedIn({ authorization }: IncomingHttpHeaders): boolean {
    return this.accessTokens.has((authorization ?? '').replace('Bearer ', ''));
  }

  #pollDevice(code: string): ServerAnswer {
    const outcome = this.devices.poll(code);
    return outcome === 'approved' ? this.#tokens(randomUUID()) : problem(400, outcome);
  }

  /** Refreshes a login. A second use of a refresh token ends its login. */
  #refresh(token: string): ServerAnswer {
    const known = this.#refreshTokens.get(token);
    if (!known) return problem(401, 'invalid_token');
    if (known.used) {
      for (const [other, { login }] of this.#refreshTokens)
        if (login === known.login) this.#refreshTokens.delete(other);
      return problem(401, 'invalid_token');
    }
    known.used = true;
    return this.#tokens(known.login);
  }

  async #acquire(body: Record<string, unknown>, headers: IncomingHttpHeaders): Promise<ServerAnswer> {
    if (!this.#isSignedIn(headers)) return problem(401, 'invalid_token');
    const wanted = (body['features'] ?? []) as string[];
    if (!wanted.every((feature) => this.features.includes(feature))) return problem(403, 'entitlement_missing');
    const machineId = String(body['machine_id']);
    const licenseKey = body['license_key'];
    const own = this.held.find(
      (session) => session.machineId === machineId && session.licenseId === licenses(licenseKey),
    );
    if (own) return { status: 200, body: await this.#grant(own) };
    const taken = new Set(this.held.map(({ seatNo }) => seatNo));
    const seatNo = Array.from({ length: this.seats }, (_, index) => index + 1).find((no) => !taken.has(no));
    if (seatNo === undefined) return problem(403, 'no_seats_available');
    const session: Session = {
      id: randomUUID(),
      licenseId: licenses(licenseKey),
      machineId,
      seatNo,
      endsAt: this.now() + this.sessionSeconds * 1000,
      endReason: undefined,
    };
    this.sessions.set(`cst_${session.id}`, session);
    return { status: 201, body: await this.#grant(session) };
  }

  async #grant(session: Session): Promise<AcquireResponse> {
    const signed_license = await this.issuer.issue({
      session_id: session.id,
      license_id: session.licenseId,
      machine_id: session.machineId,
      seat_no: session.seatNo,
      features: this.features,
      iat: Math.floor(session.endsAt / 1000) - this.sessionSeconds,
      exp: Math.floor(session.endsAt / 1000),
      lease_seconds: this.leaseSeconds,
    });
    const { session_id, ...times } = this.#times(session);
    return {
      session_token: `cst_${session.id}`,
      session_id,
      license_id: session.licenseId,
      seat_no: session.seatNo,
      ...times,
      features: this.features,
      signed_license,
    };
  }

  #times(session: Session): Omit<HeartbeatResponse, 'status'> {
    return {
      session_id: session.id,
      lease_expires_at: new Date(Math.min(this.now() + this.leaseSeconds * 1000, session.endsAt)).toISOString(),
      heartbeat_interval_seconds: Math.max(1, Math.floor(this.leaseSeconds / 3)),
      expires_at: new Date(session.endsAt).toISOString(),
    };
  }

  #heartbeat(token: string): ServerAnswer {
    const session = this.sessions.get(token);
    if (!session) return problem(404, 'session_not_found');
    const endReason = session.endReason ?? (session.endsAt <= this.now() ? 'session_ended' : undefined);
    if (endReason !== undefined) return problem(410, 'lease_lost', { end_reason: endReason });
    return { status: 200, body: { ...this.#times(session), status: 'active' } };
  }

  #release(token: string): ServerAnswer {
    const session = this.sessions.get(token);
    if (!session) return problem(404, 'session_not_found');
    session.endReason ??= 'released';
    const ended_at = new Date(this.now()).toISOString();
    return {
      status: 200,
      body: { session_id: session.id, status: 'released', ended_at, end_reason: session.endReason },
    };
  }
}

const licenseIds = new Map<unknown, string>();

/** The license with this key, or else the license of the product. */
function licenses(key: unknown): string {
  const id = licenseIds.get(key) ?? randomUUID();
  licenseIds.set(key, id);
  return id;
}
