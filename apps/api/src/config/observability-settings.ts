import { z } from 'zod';

/** The variables about metrics and traces. */
export const observabilityEnv = {
  METRICS_TOKEN: z.string().min(16).max(512).optional(),
  METRICS_MAX_TENANTS: z.coerce.number().int().min(0).max(10_000).default(200),
  WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
};

export interface ObservabilitySettings {
  /** The bearer token of whoever reads the metrics. Without one nobody does in production. */
  metricsToken: string | undefined;
  /** How many tenants have a label of their own in metrics. */
  maxTenants: number;
  /** Where the worker serves its metrics; undefined: nowhere. */
  workerMetricsPort: number | undefined;
  /** Base URL of an OTLP/HTTP collector; undefined: no traces are made. */
  otlpEndpoint: string | undefined;
}

export function observabilitySettings(env: z.infer<z.ZodObject<typeof observabilityEnv>>): ObservabilitySettings {
  return {
    metricsToken: env.METRICS_TOKEN,
    maxTenants: env.METRICS_MAX_TENANTS,
    workerMetricsPort: env.WORKER_METRICS_PORT,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}
