import type { Call } from './load-generator.js';

/** A seat that this program holds, with the requests that extend and release it. */
export interface Seat {
  licenseId: string;
  seatNo: number;
  heartbeat: Call;
  release: Call;
}

export const API = '/api/v1';
export const JSON_HEADERS = ['content-type', 'application/json'];

export function seatOf(licenseId: string, seatNo: number, sessionToken: string): Seat {
  const body = Buffer.from(JSON.stringify({ session_token: sessionToken }));
  const call = (verb: string): Call => ({
    method: 'POST',
    path: `${API}/licenses/${verb}`,
    headers: JSON_HEADERS,
    body,
    answered: ok,
  });
  return { licenseId, seatNo, heartbeat: call('heartbeat'), release: call('release') };
}

/** Checks a response that has to be 200. */
export function ok(status: number, body: Buffer): string | undefined {
  return status === 200 ? undefined : problemOf(status, body);
}

/** Returns the status, and the code of a problem (RFC 9457) if the response is one. */
export function problemOf(status: number, body: Buffer): string {
  const code = /"code":"(\w+)"/.exec(body.toString())?.[1];
  return code ? `${status} ${code}` : String(status);
}
