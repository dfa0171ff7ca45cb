import type { AcquireResponse, HeartbeatResponse } from '@coditect/contracts/license-sessions';
import { newMachine, type TestUser } from '../factory.js';

/** A server for HTTP requests: an API process, or an application in the test's own process. */
export interface Server {
  baseUrl: string;
}

export interface Answer {
  status: number;
  /** The `code` of a problem, else undefined. */
  code: unknown;
  body: Record<string, unknown>;
  headers: Headers;
  /** The time from the call to the whole response, in ms. */
  took: number;
}

/** Calls a route under /api/v1. @throws TypeError (fetch) if the server ends before its response */
export async function call(
  server: Server,
  method: string,
  route: string,
  { body, accessToken }: { body?: object | undefined; accessToken?: string | undefined } = {},
): Promise<Answer> {
  const start = performance.now();
  const response = await fetch(`${server.baseUrl}/api/v1/${route}`, {
    method,
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const took = performance.now() - start;
  return { status: response.status, code: parsed['code'], body: parsed, headers: response.headers, took };
}

/** A client program on one machine. It acquires, keeps and releases a seat, at the given server. */
export class Machine {
  readonly id = newMachine();
  /** The last grant, even after its end: its token is kept. */
  seat: AcquireResponse | undefined;

  constructor(private readonly user: TestUser) {}

  async acquire(server: Server): Promise<Answer> {
    const body = { machine_id: this.id };
    const answer = await call(server, 'POST', 'licenses/acquire', { body, accessToken: this.user.accessToken });
    if (answer.status === 200 || answer.status === 201) this.seat = answer.body as AcquireResponse;
    return answer;
  }

  async heartbeat(server: Server): Promise<Answer> {
    const answer = await call(server, 'POST', 'licenses/heartbeat', { body: this.credential });
    if (answer.status === 200) Object.assign(this.seat!, answer.body as HeartbeatResponse);
    return answer;
  }

  release(server: Server): Promise<Answer> {
    return call(server, 'POST', 'licenses/release', { body: this.credential });
  }

  private get credential() {
    if (!this.seat) throw new Error('this machine has never held a seat');
    return { session_token: this.seat.session_token };
  }
}

export function machines(count: number, user: TestUser): Machine[] {
  return Array.from({ length: count }, () => new Machine(user));
}

/** Counts the responses of each kind, e.g. `{ 201: 3, no_seats_available: 197 }`. */
export function tally(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) {
    const kind = typeof code === 'string' ? code : String(status);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
