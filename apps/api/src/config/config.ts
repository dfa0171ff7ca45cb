import { z } from 'zod';
import { auditArchiveEnv, type AuditArchiveSettings, auditArchiveSettings } from './audit-archive.js';
import { httpEnv, type HttpSettings, httpSettings } from './http-settings.js';
import { observabilityEnv, type ObservabilitySettings, observabilitySettings } from './observability-settings.js';
import { passwordCost, passwordCostEnv, type PasswordCost } from './password-cost.js';
import { RedisUrl } from './redis-url.js';
import { signInEnv, signInProviders, type SignInProviders } from './sign-in-providers.js';

/** All environment variables that the processes read (docs/configuration.md). */
export const Env = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  PUBLIC_URL: z.url().optional(),
  DASHBOARD_URL: z.url().optional(),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((origin) => origin.trim() || []))
    .pipe(
      z.array(z.url({ protocol: /^https?$/ }).refine(isOrigin, 'must be an origin, such as https://app.example.com')),
    ),
  DATABASE_URL: z.url(),
  SYSTEM_DATABASE_URL: z.url(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(10),
  DATABASE_NAMED_STATEMENTS: z.stringbool().default(true),
  REDIS_URL: RedisUrl,
  QUEUE_REDIS_URL: RedisUrl.optional(),
  WORKER_DRAIN_SECONDS: z.coerce.number().int().min(1).max(3600).default(25),
  KEYS_DIR: z.string().min(1).default('.data/keys'),
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(60).max(3600).default(900),
  REFRESH_TOKEN_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  ...passwordCostEnv,
  ...signInEnv,
  ...httpEnv,
  ...observabilityEnv,
  ...auditArchiveEnv,
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().min(3).max(254).default('CODITECT <no-reply@localhost>'),
  MAIL_DIR: z.string().min(1).default('.data/mail'),
  MAIL_PAGE: z.stringbool().optional(),
  EXPORTS_DIR: z.string().min(1).default('.data/exports'),
  TENANT_DELETION_GRACE_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  WEBHOOK_ALLOW_PRIVATE: z.stringbool().default(false),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The settings of one process, parsed once at its start. */
export abstract class Config {
  abstract readonly production: boolean;
  abstract readonly host: string;
  abstract readonly port: number;
  /** Where clients reach the API; also the issuer of access tokens and signed licenses. */
  abstract readonly publicUrl: string;
  /** The URL of the dashboard, without a slash at its end. Links in e-mails and the device sign-in point there. */
  abstract readonly dashboardUrl: string;
  /** Origins, besides the API's own, whose pages may call the API. */
  abstract readonly corsOrigins: readonly string[];
  abstract readonly database: { appUrl: string; systemUrl: string; poolSize: number; namedStatements: boolean };
  /** The URL of a Redis server, or of nodes of a cluster (see redis-url.ts). */
  abstract readonly redisUrl: string;
  /** The Redis of the queues; `redisUrl` unless QUEUE_REDIS_URL is set. */
  abstract readonly queueRedisUrl: string;
  /** How long a stopping worker waits for its running jobs, in seconds. */
  abstract readonly workerDrainSeconds: number;
  abstract readonly keysDir: string;
  abstract readonly accessTokenSeconds: number;
  abstract readonly refreshTokenDays: number;
  /** The cost of hashing a password, and so of guessing one. */
  abstract readonly passwordCost: PasswordCost;
  /** The identity providers at which users can sign in. */
  abstract readonly signInProviders: SignInProviders;
  /** Without `smtpUrl` mails are written into `dir`; production refuses that. With `page` they are shown at
   *  /dev/mail. */
  abstract readonly mail: { smtpUrl: string | undefined; from: string; dir: string; page: boolean };
  /** Proxies, throttling and live streams. */
  abstract readonly http: HttpSettings;
  /** Metrics and traces. */
  abstract readonly observability: ObservabilitySettings;
  /** The folder of data exports until they expire. API and workers must share it. */
  abstract readonly exportsDir: string;
  /** When audit entries leave the database, and where to. */
  abstract readonly auditArchive: AuditArchiveSettings;
  /** Days during which a closed tenant can be reopened before its data is deleted. */
  abstract readonly tenantDeletionGraceDays: number;
  /** `allowPrivate`: webhooks may be sent to any address and port, even without TLS. Production refuses it. */
  abstract readonly webhooks: { allowPrivate: boolean };
  abstract readonly logLevel: string;
}

/**
 * Reads the settings from the environment. No other code reads it.
 * @throws Error naming every variable that is missing or wrong, but never its value
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = Env.safeParse(env);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the environment is not usable: ${wrong.join('; ')}`);
  }
  const e = parsed.data;
  if (e.NODE_ENV === 'production' && !e.PUBLIC_URL)
    throw new Error(
      'the environment is not usable: PUBLIC_URL is needed in production, because it is the issuer of every license',
    );
  if (e.NODE_ENV === 'production' && e.WEBHOOK_ALLOW_PRIVATE)
    throw new Error(
      'the environment is not usable: WEBHOOK_ALLOW_PRIVATE is for development only, because it lets customers reach the internal network',
    );
  const publicUrl = withoutSlash(e.PUBLIC_URL ?? `http://${e.HOST}:${e.PORT}`);
  return {
    production: e.NODE_ENV === 'production',
    host: e.HOST,
    port: e.PORT,
    publicUrl,
    dashboardUrl: withoutSlash(e.DASHBOARD_URL ?? publicUrl),
    corsOrigins: e.CORS_ORIGINS,
    database: {
      appUrl: e.DATABASE_URL,
      systemUrl: e.SYSTEM_DATABASE_URL,
      poolSize: e.DATABASE_POOL_SIZE,
      namedStatements: e.DATABASE_NAMED_STATEMENTS,
    },
    redisUrl: e.REDIS_URL,
    queueRedisUrl: e.QUEUE_REDIS_URL ?? e.REDIS_URL,
    workerDrainSeconds: e.WORKER_DRAIN_SECONDS,
    keysDir: e.KEYS_DIR,
    accessTokenSeconds: e.ACCESS_TOKEN_SECONDS,
    refreshTokenDays: e.REFRESH_TOKEN_DAYS,
    passwordCost: passwordCost(e, e.NODE_ENV === 'production'),
    signInProviders: signInProviders(e, e.NODE_ENV === 'production'),
    mail: { smtpUrl: e.SMTP_URL, from: e.MAIL_FROM, dir: e.MAIL_DIR, page: hasMailPage(e, publicUrl) },
    http: httpSettings(e),
    observability: observabilitySettings(e),
    exportsDir: e.EXPORTS_DIR,
    auditArchive: auditArchiveSettings(e, e.NODE_ENV === 'production'),
    tenantDeletionGraceDays: e.TENANT_DELETION_GRACE_DAYS,
    webhooks: { allowPrivate: e.WEBHOOK_ALLOW_PRIVATE },
    logLevel: e.LOG_LEVEL,
  };
}

/** Whether to show mails at /dev/mail. The default is yes only if the API is reached on this machine, because the links
 *  in mails sign in as their receivers. */
function hasMailPage({ NODE_ENV, SMTP_URL, MAIL_PAGE }: z.infer<typeof Env>, publicUrl: string): boolean {
  if (NODE_ENV === 'production' || SMTP_URL) return false;
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(publicUrl).hostname);
  return MAIL_PAGE ?? (NODE_ENV === 'development' && local);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
