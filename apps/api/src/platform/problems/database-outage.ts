// SQLSTATE classes and codes that mean "not now": 08 connection, 40 serialisation and deadlock, 53 resources, 55P03 lock
// not available, 57014 cancelled by a timeout, 57P0x shutdown. Prisma: P1001 and P1017 connection, P2024 and P2028 pool.
const OUTAGE_STATES = /^(08...|40001|40P01|53...|55P03|57014|57P0[1-4])$/;
const OUTAGE_PRISMA = new Set(['P1001', 'P1017', 'P2024', 'P2028']);
const OUTAGE_ERRNO = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
const OUTAGE_MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|not queryable|Can't reach database server/;

/** Whether an error of pg or Prisma means that Postgres is down for now, so that the same call may work later. */
export function isDatabaseOutage(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth += 1) {
    const code = 'code' in e && typeof e.code === 'string' ? e.code : '';
    if (OUTAGE_STATES.test(code) || OUTAGE_ERRNO.has(code) || OUTAGE_PRISMA.has(code)) return true;
    if (OUTAGE_MESSAGES.test(e.message)) return true;
  }
  return false;
}
