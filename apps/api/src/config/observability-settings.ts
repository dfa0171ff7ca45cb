import { z } from 'zod';

/** Environment variables of metrics and traces. */
export const observabilityEnv = {
  METRICS_TOKEN: z.string().min(16).max(512).optional(),
  METRICS_MAX_TENANTS: z.coerce.number().int().min(0).max(10_000).default(200),
  WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
};

export interface ObservabilitySettings {
  /** The bearer token for reading metrics. If undefined, production refuses all readers. */
  metricsToken: string | undefined;
  /** How many tenants get their own label in metrics. */
  maxTenants: number;
  /** The port at which the worker serves its metrics; undefined for none. */
  workerMetricsPort: number | undefined;
  /** Base URL of an OTLP/HTTP collector; undefined for no traces. */
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
