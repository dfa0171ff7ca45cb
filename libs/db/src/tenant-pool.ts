import pg from 'pg';
import type { PoolClient, PoolConfig, QueryResult } from 'pg';
import { BatchQuery, type Statement } from './batch-query.js';
import { currentTenantId } from './tenant-context.js';

export interface TenantPoolOptions extends PoolConfig {
  /** Keep statement plans on the server (default). Off behind PgBouncer in transaction mode. */
  namedStatements?: boolean;
}

/**
 * The pool of the role that row level security applies to. Every statement runs as the tenant of the context, raw SQL
 * included: the tenant setting and the statement share one round trip and one implicit transaction, so a pooled
 * connection never carries a tenant over. Without a context there are no rows and writes fail.
 */
export class TenantPool extends pg.Pool {
  private readonly named: boolean;

  constructor(options: TenantPoolOptions) {
    super(options);
    this.named = options.namedStatements ?? true;
  }

  /** Runs all statements as the current tenant in one transaction and one round trip. Answers one result for each. */
  async batch(statements: readonly Statement[]): Promise<QueryResult[]> {
    const setTenant: Statement = {
      text: `SELECT set_current_tenant(nullif($1, '')::uuid)`,
      values: [currentTenantId()],
      name: 'set_current_tenant',
    };
    const all = [setTenant, ...statements].map((s) => (this.named ? s : { ...s, name: undefined }));
    const client = await super.connect();
    let preparedNewStatement = false;
    try {
      const results = await new Promise<QueryResult[]>((resolve, reject) => {
        const batch = new BatchQuery(all, (error, answers) => (error ? reject(error) : resolve(answers)));
        client.query(batch);
        preparedNewStatement = batch.preparedNewStatement;
      });
      client.release();
      return results.slice(1);
    } catch (error) {
      client.release(preparedNewStatement);
      throw error;
    }
  }

  /** What Prisma's adapter calls for a query outside of a transaction. */
  // @ts-expect-error pg's overloads with callbacks are narrowed to the one form the adapter uses
  override async query(config: string | Statement, values?: unknown[]): Promise<QueryResult> {
    const statement = typeof config === 'string' ? { text: config, values } : config;
    const [result] = await this.batch([statement]);
    if (!result) throw new Error('the database answered no result');
    return result;
  }

  /** What Prisma's adapter calls to open a transaction: its BEGIN carries the tenant setting along. */
  override async connect(): Promise<PoolClient> {
    const tenantId = currentTenantId();
    const client = await super.connect();
    const { query, release } = client;
    const begin = `BEGIN; SELECT set_current_tenant(${tenantId === '' ? 'NULL' : `'${tenantId}'`})`;
    const send = query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (config: string | { text?: string }, ...rest: unknown[]) => {
        const text = typeof config === 'string' ? config : config.text;
        return text === 'BEGIN' ? send(begin) : send(config, ...rest);
      },
      release: (error?: Error | boolean) => {
        Object.assign(client, { query, release });
        release.call(client, error);
      },
    });
    return client;
  }
}
