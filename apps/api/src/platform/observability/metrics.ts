import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of this process. Requests only count; everything else is calculated when the metrics are read. */
export const registry = new Registry();

const registers = [registry];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const httpRequests = new Counter({
  name: 'http_requests_total',
  help: 'Requests by method, route pattern and class of the status; "aborted" if the client left before the response.',
  labelNames: ['method', 'route', 'status'] as const,
  registers,
});
export const httpDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last byte of its response.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: SECONDS,
  registers,
});
export const tenantRequests = new Counter({
  name: 'tenant_requests_total',
  help: 'Requests by tenant and class of the status; "other" is all tenants without a label.',
  labelNames: ['tenant_id', 'status'] as const,
  registers,
});
export const tenantDuration = new Histogram({
  name: 'tenant_request_duration_milliseconds',
  help: 'Time of a request by tenant, in milliseconds.',
  labelNames: ['tenant_id'] as const,
  buckets: [5, 25, 100, 500, 2500],
  registers,
});

export const licenseDenials = new Counter({
  name: 'license_denials_total',
  help: 'Refused acquires by reason.',
  labelNames: ['reason'] as const,
  registers,
});
export const licenseHeartbeats = new Counter({
  name: 'license_heartbeats_total',
  help: 'Heartbeats by result: alive, or the reason of the refusal.',
  labelNames: ['result'] as const,
  registers,
});
export const licenseSigning = new Histogram({
  name: 'license_signing_duration_seconds',
  help: 'Time to sign a license.',
  labelNames: ['result'] as const,
  buckets: SECONDS,
  registers,
});
export const ledgerRebuilds = new Counter({
  name: 'license_ledger_rebuilds_total',
  help: 'Seat ledgers rebuilt from Postgres: "cold" ones were missing, "forced" ones were wrong.',
  labelNames: ['mode'] as const,
  registers,
});
/** Ledgers are compared every minute. An older result is from a process that has stopped comparing, so it is
 *  dropped. */
const DRIFT_VALID_MS = 150_000;
let drift: { seats: number; until: number } | undefined;
registry.registerMetric(
  new Gauge({
    name: 'license_ledger_drift',
    help: 'Seats on which ledger and Postgres disagreed when this process last compared them, at most 150 seconds ago.',
    registers: [],
    collect() {
      this.reset();
      if (drift && performance.now() < drift.until) this.set(drift.seats);
      else this.remove();
    },
  }),
);

/** Sets the number of seats on which the ledgers and Postgres disagree. LedgerReconciliation calls it. */
export function setLedgerDrift(seats: number): void {
  drift = { seats, until: performance.now() + DRIFT_VALID_MS };
}

/** Gauges of prom-client that are named like counters. `promtool check metrics` refuses them, and other metrics say the
 *  same. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** Adds the metrics of process, event loop and garbage collection. Later calls do nothing. */
export function collectProcessMetrics(): void {
  if (registry.getSingleMetric('process_cpu_seconds_total')) return;
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
