import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What this process tells Prometheus. Counting is all that the hot path does; the rest happens when it is read. */
export const registry = new Registry();

const registers = [registry];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const httpRequests = new Counter({
  name: 'http_requests_total',
  help: 'Requests answered, by method, route pattern and class of the status; aborted ones had no answer.',
  labelNames: ['method', 'route', 'status'] as const,
  registers,
});
export const httpDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last of its answer.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: SECONDS,
  registers,
});
export const tenantRequests = new Counter({
  name: 'tenant_requests_total',
  help: 'Requests by tenant and class of the status; "other" is everybody without a label.',
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
  help: 'Heartbeats by what became of them: alive, or the reason it was refused for.',
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
  help: 'Seat ledgers written anew from Postgres: cold ones were missing, forced ones were wrong.',
  labelNames: ['mode'] as const,
  registers,
});
/** Ledgers are compared every minute: what is older was found by a process that compares no more. */
const DRIFT_IS_NEWS_MS = 150_000;
let drift: { seats: number; until: number } | undefined;
registry.registerMetric(
  new Gauge({
    name: 'license_ledger_drift',
    help: 'Seats on which ledger and Postgres disagreed when this process compared them, for some minutes.',
    registers: [],
    collect() {
      this.reset();
      if (drift && performance.now() < drift.until) this.set(drift.seats);
      else this.remove();
    },
  }),
);

/** For whoever compares the ledgers with Postgres: the number of seats on which they disagree. */
export function setLedgerDrift(seats: number): void {
  drift = { seats, until: performance.now() + DRIFT_IS_NEWS_MS };
}

/** Of prom-client, gauges with the name of a counter: `promtool check metrics` refuses them, and others tell the same. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** Process, event loop and garbage collection. Does nothing the second time. */
export function collectProcessMetrics(): void {
  if (registry.getSingleMetric('process_cpu_seconds_total')) return;
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
