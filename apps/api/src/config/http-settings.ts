import { isIP } from 'node:net';
import { z } from 'zod';

const limit = (requests: number) => z.coerce.number().int().min(0).max(1_000_000_000).default(requests);

/** Environment variables for proxies, throttling and live streams. */
export const httpEnv = {
  TRUST_PROXY: z
    .string()
    .default('false')
    .transform((text, context): TrustProxy => {
      const proxies = parseTrustProxy(text.trim());
      if (proxies !== undefined) return proxies;
      context.addIssue(
        'must be false, a number of proxies from 1 to 10, or addresses and CIDR ranges with commas between',
      );
      return z.NEVER;
    }),
  THROTTLE_ANONYMOUS_PER_HOUR: limit(100),
  THROTTLE_RENEWALS_PER_HOUR: limit(600),
  THROTTLE_USER_PER_HOUR: limit(10_000),
  THROTTLE_HEARTBEATS_PER_MINUTE: limit(120),
  THROTTLE_ADDRESS_HEARTBEATS_PER_MINUTE: limit(60_000),
  MAX_STREAMS: z.coerce.number().int().min(0).max(1_000_000).default(5_000),
};

/** The proxies whose X-Forwarded-For is trusted: none, the last N, or those at these addresses. */
export type TrustProxy = false | number | string[];

/** Requests allowed per window, by budget (docs/http.md). 0 means no limit. */
export interface ThrottleLimits {
  anonymousPerHour: number;
  renewalsPerHour: number;
  userPerHour: number;
  heartbeatsPerMinute: number;
  addressHeartbeatsPerMinute: number;
}

export interface HttpSettings {
  trustProxy: TrustProxy;
  throttle: ThrottleLimits;
  /** Limit of live event streams that this process keeps open at once. */
  maxStreams: number;
}

export function httpSettings(env: z.infer<z.ZodObject<typeof httpEnv>>): HttpSettings {
  return {
    trustProxy: env.TRUST_PROXY,
    throttle: {
      anonymousPerHour: env.THROTTLE_ANONYMOUS_PER_HOUR,
      renewalsPerHour: env.THROTTLE_RENEWALS_PER_HOUR,
      userPerHour: env.THROTTLE_USER_PER_HOUR,
      heartbeatsPerMinute: env.THROTTLE_HEARTBEATS_PER_MINUTE,
      addressHeartbeatsPerMinute: env.THROTTLE_ADDRESS_HEARTBEATS_PER_MINUTE,
    },
    maxStreams: env.MAX_STREAMS,
  };
}

/** Parses TRUST_PROXY; undefined if it is invalid. There is no "trust all": every client could then forge its
 *  address. */
function parseTrustProxy(text: string): TrustProxy | undefined {
  if (text === 'false') return false;
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 10 ? Number(text) : undefined;
  const ranges = text.split(',').map((range) => range.trim());
  return ranges.every(isRange) ? ranges : undefined;
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128))
  );
}
