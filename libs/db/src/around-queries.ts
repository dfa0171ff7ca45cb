import type { Pool, PoolClient, QueryResult } from 'pg';
import type { Statement } from './batch-query.js';

/** Goes around every round trip to Postgres, for traces. `summary` names the statements and holds no value of them. */
export type AroundQuery = <T>(summary: string, run: () => Promise<T>) => Promise<T>;

type Query = (config: string | Statement, ...rest: unknown[]) => Promise<QueryResult>;

/** Puts `around` about single queries of a pool. */
export function aroundQueries(pool: Pool, around: AroundQuery): void {
  const query = pool.query.bind(pool) as Query;
  Object.assign(pool, {
    query: (config: string | Statement, ...rest: unknown[]) => around(summaryOf(config), () => query(config, ...rest)),
  });
}

/** Puts `around` about what connections are asked that are taken from a pool for a transaction. */
export function aroundTransactions(pool: Pick<Pool, 'connect'>, around: AroundQuery): void {
  const connect = pool.connect.bind(pool) as (...callback: unknown[]) => Promise<PoolClient>;
  Object.assign(pool, {
    // The form with a callback is what pg itself uses for single queries.
    connect: async (...callback: unknown[]) =>
      callback.length > 0 ? connect(...callback) : aroundClient(await connect(), around),
  });
}

function aroundClient(client: PoolClient, around: AroundQuery): PoolClient {
  const query = client.query.bind(client) as Query;
  const release = client.release.bind(client);
  return Object.assign(client, {
    query: (config: string | Statement, ...rest: unknown[]) => around(summaryOf(config), () => query(config, ...rest)),
    release: (error?: Error | boolean) => {
      Reflect.deleteProperty(client, 'query'); // what the prototype has shows again
      release(error);
    },
  });
}

/** `login_state`, by its name, or `SELECT users`: the operation and the first table. */
export function summaryOf(config: string | Statement): string {
  const { text, name } = typeof config === 'string' ? { text: config } : config;
  if (name) return name;
  const [operation] = /\w+/.exec(text) ?? ['query'];
  const table = /\b(?:FROM|INTO|UPDATE|TABLE)\s+(?:ONLY\s+)?(?:"?public"?\.)?"?(?<table>[a-z_]\w*)"?/i.exec(text)
    ?.groups?.['table'];
  return table && operation !== 'BEGIN' ? `${operation.toUpperCase()} ${table}` : operation.toUpperCase();
}
