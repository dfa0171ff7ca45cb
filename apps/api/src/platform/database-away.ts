// SQLSTATE classes and codes that mean "the server cannot take work now": 08 connection, 53 resources, 57P0x shutdown.
const AWAY_STATES = /^(08...|53...|57P0[1-4])$/;
const AWAY_ERRNO = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
const AWAY_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|not queryable|Can't reach database server/;

/** Whether an error from pg or Prisma tells that Postgres is away, so that the same call may work later. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth += 1) {
    const code = 'code' in e && typeof e.code === 'string' ? e.code : '';
    if (AWAY_STATES.test(code) || AWAY_ERRNO.has(code) || code === 'P1001' || code === 'P1017' || code === 'P2024')
      return true;
    if (AWAY_MESSAGES.test(e.message)) return true;
  }
  return false;
}
