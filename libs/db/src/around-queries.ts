import type { Pool, PoolClient, QueryResult } from 'pg';
import type { Statement } from './batch-query.js';

/** Wraps every round trip to Postgres, for traces. `summary` names the statements and contains no values. */
export type AroundQuery = <T>(summary: string, run: () => Promise<T>) => Promise<T>;

type Query = (config: string | Statement, ...rest: unknown[]) => Promise<QueryResult>;

/** Wraps single queries of a pool in `around`. */
export function aroundQueries(pool: Pool, around: AroundQuery): void {
  const query = pool.query.bind(pool) as Query;
  Object.assign(pool, {
    query: (config: string | Statement, ...rest: unknown[]) => around(summaryOf(config), () => query(config, ...rest)),
  });
}

/** Wraps the queries of connections that are taken from a pool for a transaction in `around`. */
export function aroundTransactions(pool: Pick<Pool, 'connect'>, around: AroundQuery): void {
  const connect = pool.connect.bind(pool) as (...callback: unknown[]) => Promise<PoolClient>;
  Object.assign(pool, {
    // pg itself uses the form with a callback for single queries; those are wrapped already.
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
      Reflect.deleteProperty(client, 'query'); // uncovers the method of the prototype
      release(error);
    },
  });
}

/** The name of a statement, such as `login_state`, or its operation and first table, such as `SELECT users`. */
export function summaryOf(config: string | Statement): string {
  const { text, name } = typeof config === 'string' ? { text: config } : config;
  if (name) return name;
  const [operation] = /\w+/.exec(text) ?? ['query'];
  const table = /\b(?:FROM|INTO|UPDATE|TABLE)\s+(?:ONLY\s+)?(?:"?public"?\.)?"?(?<table>[a-z_]\w*)"?/i.exec(text)
    ?.groups?.['table'];
  return table && operation !== 'BEGIN' ? `${operation.toUpperCase()} ${table}` : operation.toUpperCase();
}
