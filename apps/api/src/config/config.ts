import { z } from 'zod';

/** Every variable the processes read; documented in docs/configuration.md. */
export const Env = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  PUBLIC_URL: z.url().optional(),
  DATABASE_URL: z.url(),
  SYSTEM_DATABASE_URL: z.url(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(10),
  DATABASE_NAMED_STATEMENTS: z.stringbool().default(true),
  REDIS_URL: z.url(),
  KEYS_DIR: z.string().min(1).default('.data/keys'),
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(60).max(3600).default(900),
  REFRESH_TOKEN_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The settings of one process, parsed once at its start. */
export abstract class Config {
  abstract readonly production: boolean;
  abstract readonly host: string;
  abstract readonly port: number;
  /** Where clients reach the API; also the issuer of access tokens and signed licenses. */
  abstract readonly publicUrl: string;
  abstract readonly database: { appUrl: string; systemUrl: string; poolSize: number; namedStatements: boolean };
  abstract readonly redisUrl: string;
  abstract readonly keysDir: string;
  abstract readonly accessTokenSeconds: number;
  abstract readonly refreshTokenDays: number;
  abstract readonly logLevel: string;
}

/**
 * The only reader of the environment.
 * @throws Error that names every variable that is missing or wrong, never its value.
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
      'the environment is not usable: PUBLIC_URL is needed in production, it is the issuer of every license',
    );
  return {
    production: e.NODE_ENV === 'production',
    host: e.HOST,
    port: e.PORT,
    publicUrl: (e.PUBLIC_URL ?? `http://${e.HOST}:${e.PORT}`).replace(/\/+$/, ''),
    database: {
      appUrl: e.DATABASE_URL,
      systemUrl: e.SYSTEM_DATABASE_URL,
      poolSize: e.DATABASE_POOL_SIZE,
      namedStatements: e.DATABASE_NAMED_STATEMENTS,
    },
    redisUrl: e.REDIS_URL,
    keysDir: e.KEYS_DIR,
    accessTokenSeconds: e.ACCESS_TOKEN_SECONDS,
    refreshTokenDays: e.REFRESH_TOKEN_DAYS,
    logLevel: e.LOG_LEVEL,
  };
}
