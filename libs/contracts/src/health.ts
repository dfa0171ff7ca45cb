import { z } from 'zod';

export const Liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness', examples: [{ status: 'ok' }] });

/** `degraded`: without Redis, seats are served from Postgres. The service is still ready. */
export const Readiness = z
  .object({
    status: z.enum(['ok', 'degraded']),
    postgres: z.literal('ok'),
    redis: z.enum(['ok', 'unavailable']),
  })
  .meta({ id: 'Readiness', examples: [{ status: 'ok', postgres: 'ok', redis: 'ok' }] });
export type Readiness = z.infer<typeof Readiness>;
