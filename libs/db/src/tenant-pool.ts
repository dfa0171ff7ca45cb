import { DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryResult } from 'pg';
import { type AroundQuery, summaryOf } from './around-queries.js';
import { BatchQuery, type Statement } from './batch-query.js';
import { currentTenantId } from './tenant-context.js';

export interface TenantPoolOptions extends PoolConfig {
  /** Whether the server keeps statement plans. On by default. Off behind PgBouncer in transaction mode. */
  namedStatements?: boolean;
  /** How long a batch waits for its answer, in ms, before its connection counts as dead. The server ends a slow statement
   *  earlier. This limit covers a server, or a network, that has gone silent. */
  answerTimeoutMs?: number;
  /** Wraps every batch. */
  around?: AroundQuery | undefined;
}

const ANSWER_TIMEOUT_MS = 9_000;

/**
 * The pool of the role to which row level security applies. Every statement runs as the tenant of the context, including
 * raw SQL. The tenant setting and the statement share one round trip and one implicit transaction, so a pooled connection
 * never carries a tenant over. Without a context, reads return no rows and writes fail.
 */
export class TenantPool extends Pool {
  private readonly named: boolean;
  private readonly answerTimeoutMs: number;
  private readonly around: AroundQuery | undefined;
  private readonly texts = new Map<string, string>();

  constructor(options: TenantPoolOptions) {
    super(options);
    this.named = options.namedStatements ?? true;
    this.answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
    this.around = options.around;
  }

  /**
   * Runs all statements as the current tenant in one transaction and one round trip. Returns one result per statement.
   * @throws Error if a statement name stands for two texts, or a statement opens a transaction of its own
   */
  async batch(statements: readonly Statement[]): Promise<QueryResult[]> {
    if (!this.around) return this.send(statements);
    return this.around(statements.map(summaryOf).join(', '), () => this.send(statements));
  }

  private async send(statements: readonly Statement[]): Promise<QueryResult[]> {
    const setTenant: Statement = {
      text: `SELECT set_current_tenant(nullif($1, '')::uuid)`,
      values: [currentTenantId()],
      name: 'set_current_tenant',
    };
    const all = [setTenant, ...statements].map((s) => (this.named ? s : { ...s, name: undefined }));
    this.checkNames(all);
    const client = await super.connect();
    let batch: BatchQuery | undefined;
    let deadline: NodeJS.Timeout | undefined;
    let silent = false;
    client.on('error', onConnectionLost);
    try {
      const results = await new Promise<QueryResult[]>((resolve, reject) => {
        batch = new BatchQuery(all, (error, answers) => (error ? reject(error) : resolve(answers)));
        client.query(batch);
        deadline = setTimeout(() => {
          silent = true;
          reject(new Error('Query read timeout'));
        }, this.answerTimeoutMs);
      });
      if (isOpen(client)) throw new Error('a statement of the batch opened a transaction');
      client.off('error', onConnectionLost);
      client.release();
      return results.slice(1);
    } catch (error) {
      client.off('error', onConnectionLost);
      client.release(silent || isOpen(client) || batch?.preparedNewStatement || isStalePlan(error));
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** The server would run the first text of a name, and ignore a different text that comes later. */
  private checkNames(statements: readonly Statement[]): void {
    for (const { name, text } of statements) {
      if (!name) continue;
      const known = this.texts.get(name) ?? text;
      if (known !== text) throw new Error(`the statement name "${name}" stands for two texts`);
      this.texts.set(name, text);
    }
  }

  /** Prisma's adapter calls this for a query outside of a transaction. */
  // @ts-expect-error pg's overloads with callbacks are narrowed to the one form the adapter uses
  override async query(config: string | Statement, values?: unknown[]): Promise<QueryResult> {
    const statement = typeof config === 'string' ? { text: config, values } : config;
    const [result] = await this.batch([statement]);
    if (!result) throw new Error('the database returned no result');
    return result;
  }

  /** Prisma's adapter calls this to open a transaction. Its BEGIN also sets the tenant. */
  override async connect(): Promise<PoolClient> {
    const tenantId = currentTenantId();
    const client = await super.connect();
    const setTenant = `SELECT set_current_tenant(${tenantId === '' ? 'NULL' : `'${tenantId}'`})`;
    const send = client.query.bind(client) as (...args: unknown[]) => unknown;
    const release = client.release.bind(client);
    let previous: string | undefined;
    client.on('error', onConnectionLost);
    Object.assign(client, {
      query: (config: string | { text?: string }, ...rest: unknown[]) => {
        const text = typeof config === 'string' ? config : config.text;
        const level = previous === 'BEGIN' && text?.match(SET_ISOLATION_LEVEL)?.groups?.['level'];
        previous = text;
        if (text === 'BEGIN') return send(`BEGIN; ${setTenant}`);
        // Setting the tenant is a query, and the level is fixed after the first query. So the transaction begins again.
        if (level) return send(`ROLLBACK; BEGIN ${level}; ${setTenant}`);
        return send(config, ...rest);
      },
      release: (error?: Error | boolean) => {
        client.off('error', onConnectionLost);
        Reflect.deleteProperty(client, 'query'); // uncovers the method of the prototype
        release(error || isOpen(client));
      },
    });
    return client;
  }
}

const SET_ISOLATION_LEVEL = /^SET TRANSACTION (?<level>ISOLATION LEVEL [A-Z ]+)$/;

/** Whether a transaction is still open. Writes of the connection's next user would then never be committed. */
function isOpen(client: PoolClient): boolean {
  return client.getTransactionStatus() !== 'I';
}

/** Whether a migration changed the result of a named statement (0A000), or the server no longer knows it (26000). Then
 *  each further use on this connection fails too. */
function isStalePlan(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '0A000' || error.code === '26000');
}

// The running query reports the loss. Without a listener the event would end the process, and the pool listens only to
// idle connections.
function onConnectionLost(): void {}
