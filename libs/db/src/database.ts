import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type QueryResultRow } from 'pg';
import { committing } from './after-commit.js';
import { type AroundQuery, aroundQueries, aroundTransactions } from './around-queries.js';
import type { BatchResults, Rows, Statement } from './batch-query.js';
import { assertIsolation } from './boot-check.js';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';
import { keepQueryContext } from './query-context.js';
import { currentTenantId, tenantStore } from './tenant-context.js';
import { TenantPool } from './tenant-pool.js';

export type Tx = Prisma.TransactionClient;

/** Runs one statement of a snapshot and returns its rows. */
export type SnapshotRead = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>;

export type SystemQuery = <Row>(text: string, values?: unknown[]) => Promise<Rows<Row>>;

const STATEMENT_TIMEOUT_MS = 8_000;
const LOCK_TIMEOUT_MS = 5_000;

/** The listener of a connection whose errors reach its next query anyway. */
const ignore = () => {};

export interface DatabaseOptions {
  /** Connects as license_app. Row level security applies. */
  appUrl: string;
  /** Connects as license_system. Sees all tenants. */
  systemUrl: string;
  /** How many connections the tenant pool may have, and the system pool. */
  poolSize?: number;
  systemPoolSize?: number;
  /** How long to wait for a connection before the database counts as down, in ms. */
  connectTimeoutMs?: number;
  /** The longest time one statement may run, in ms. */
  statementTimeoutMs?: number;
  namedStatements?: boolean;
  /** Wraps every round trip, for traces. */
  around?: AroundQuery;
}

/** How many connections a pool has, how many are idle, and how many callers wait for one. */
export interface PoolUse {
  connections: number;
  idle: number;
  waiting: number;
}

/**
 * The only access to Postgres. `tenant`, `tenantTx`, `tenantBatch` and `tenantSnapshot` run as the tenant of the context
 * under row level security. `system` and `systemTx` see all tenants. They are for work before a tenant is known, for
 * staff, and for jobs.
 */
export class Database {
  /** For a single query in one round trip. */
  readonly tenant: PrismaClient;
  readonly system: PrismaClient;
  private readonly tenantPool: TenantPool;
  private readonly systemPool: Pool;

  constructor(options: DatabaseOptions) {
    const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
    const common = {
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
      statement_timeout: statementTimeoutMs,
      lock_timeout: Math.min(LOCK_TIMEOUT_MS, statementTimeoutMs),
      // The server enforces its own limit only while it answers; this one also covers a silent server.
      query_timeout: statementTimeoutMs + 2_000,
      keepAlive: true,
    };
    const { namedStatements = true } = options;
    this.tenantPool = new TenantPool({
      ...common,
      connectionString: options.appUrl,
      max: options.poolSize ?? 10,
      namedStatements,
      answerTimeoutMs: statementTimeoutMs + 1_000,
      around: options.around,
      // Named statements get a generic plan, planned once: each of them looks rows up by tenant and key, and planning a
      // grant each time costs as much as running it. PgBouncer passes on neither the names nor this option.
      ...(namedStatements && { options: '-c plan_cache_mode=force_generic_plan' }),
    });
    this.systemPool = new Pool({
      ...common,
      connectionString: options.systemUrl,
      max: options.systemPoolSize ?? 4,
    });
    // The pool replaces a connection that dies while idle. Without a listener, its error would end the process.
    for (const pool of [this.tenantPool, this.systemPool]) pool.on('error', () => {});
    if (options.around) {
      aroundQueries(this.systemPool, options.around);
      for (const pool of [this.tenantPool, this.systemPool]) aroundTransactions(pool, options.around);
    }
    // PrismaPg's types ask for all of Pool's overloads. It calls only the two methods that TenantPool overrides.
    const transactionOptions = { maxWait: common.connectionTimeoutMillis + 1_000, timeout: statementTimeoutMs + 2_000 };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    this.tenant = new PrismaClient({ adapter: new PrismaPg(this.tenantPool as unknown as Pool), transactionOptions });
    keepQueryContext(this.tenant);
    this.system = new PrismaClient({ adapter: new PrismaPg(this.systemPool), transactionOptions });
  }

  /** Runs one use case in one transaction as the tenant of the context. The context's `beforeCommit` runs last.
   *  @throws Error if the context has no tenant */
  async tenantTx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (currentTenantId() === '') throw new Error('tenantTx needs a tenant in the context');
    return committing(
      (whole) => this.tenant.$transaction(whole),
      async (tx) => {
        const result = await work(tx);
        await tenantStore.getStore()?.beforeCommit?.(tx);
        return result;
      },
    );
  }

  /** Runs one transaction across tenants. */
  async systemTx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return committing((whole) => this.system.$transaction(whole), work);
  }

  /** Runs several statements as the tenant of the context, in one transaction and one round trip. For the hot path.
   *  @throws Error if the context has no tenant */
  async tenantBatch<const Statements extends readonly Statement[]>(
    statements: Statements,
  ): Promise<BatchResults<Statements>> {
    if (currentTenantId() === '') throw new Error('tenantBatch needs a tenant in the context');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pool returns one result for each statement
    return (await this.tenantPool.batch(statements)) as BatchResults<Statements>;
  }

  /**
   * Reads one consistent state of the database as the tenant of the context, in any number of statements. Each statement
   * has its time limit, the whole has none. Meanwhile it holds one connection and keeps old rows from being vacuumed.
   * @throws Error if the context has no tenant
   */
  async tenantSnapshot<T>(work: (read: SnapshotRead) => Promise<T>): Promise<T> {
    if (currentTenantId() === '') throw new Error('tenantSnapshot needs a tenant in the context');
    const client = await this.tenantPool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const result = await work(async (text, values) => {
        const { rows } = await client.query<Record<string, unknown>>(text, values);
        return rows;
      });
      await client.query('COMMIT');
      return result;
    } finally {
      client.release(); // the pool closes the connection if its transaction is still open
    }
  }

  /** Runs one SQL statement across tenants. */
  async systemQuery<Row>(text: string, values: unknown[] = []): Promise<Rows<Row>> {
    return this.systemPool.query<Row & QueryResultRow>(text, values);
  }

  /**
   * Runs one transaction across tenants that may take longer than a request: for rare work on whole tables.
   * @param limits time limits in ms: of one statement, and of waiting for a lock
   */
  async systemLongTx<T>(
    limits: { statementMs: number; lockMs: number },
    work: (query: SystemQuery) => Promise<T>,
  ): Promise<T> {
    const client = await this.systemPool.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)`, [
        String(limits.statementMs),
        String(limits.lockMs),
      ]);
      // Overrides the pool's limit, which is meant for requests. pg accepts a limit per query, but its types do not.
      const withinLimit = { query_timeout: limits.statementMs + 2_000 };
      const result = await work(<Row>(text: string, values: unknown[] = []) =>
        client.query<Row & QueryResultRow>({ text, values, ...withinLimit }),
      );
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      client.release(true); // closes the connection, and with it the transaction in any state
      throw error;
    }
  }

  /**
   * Runs `work` only if no other process runs it now. Returns undefined at once while another runs. The lock is held by a
   * connection with an open, idle transaction, so it also works behind a pooler.
   * @param work gets a check that throws once the lock is lost with its connection
   */
  async systemExclusive<T>(
    name: string,
    work: (assertHeld: () => Promise<void>) => Promise<T>,
  ): Promise<T | undefined> {
    const client = await this.systemPool.connect();
    client.on('error', ignore);
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS held',
        [name],
      );
      if (!rows[0]?.held) return undefined;
      return await work(async () => {
        await client.query('SELECT');
      });
    } finally {
      // Releases the lock before this returns. If the connection was lost, the lock is already free.
      const lost = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      client.off('error', ignore);
      client.release(lost);
    }
  }

  /** Opens a connection of each role, and refuses roles or tables for which isolation would not hold. */
  async assertIsolation(): Promise<void> {
    // On a connection, because the pool itself needs a function from the migrations for every query.
    const client = await this.tenantPool.connect();
    await assertIsolation(client).finally(() => client.release());
    await assertIsolation(this.systemPool);
  }

  /** The pool use of this process, by database role. */
  poolUse(): Record<'app' | 'system', PoolUse> {
    return { app: useOf(this.tenantPool), system: useOf(this.systemPool) };
  }

  async close(): Promise<void> {
    await Promise.all([this.tenant.$disconnect(), this.system.$disconnect()]);
    await Promise.all([this.tenantPool, this.systemPool].filter((pool) => !pool.ended).map((pool) => pool.end()));
  }
}

function useOf({
  totalCount,
  idleCount,
  waitingCount,
}: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount'>): PoolUse {
  return { connections: totalCount, idle: idleCount, waiting: waitingCount };
}
