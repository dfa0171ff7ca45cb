import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { statement } from '@coditect/db/batch-query';
import { Database, type Tx } from '@coditect/db/database';
import { Clock } from '../clock.js';
import { Keys } from '../secrets/keys.js';
import { ProblemError } from '../problems/problem.js';
import { openText, sealText } from '../secrets/sealed-text.js';

/** Longer than any request takes: a statement may run 8 seconds. */
const LOCK_MS = 60_000;
const KEEP_MS = 24 * 60 * 60 * 1000;
const RETRY_AFTER_SECONDS = 2;
const DELETE_AT_ONCE = 5_000;

export interface KeyedRequest {
  tenantId: string;
  /** The user or the API key. Another caller's equal key is a different key. */
  actorId: string;
  key: string;
  /** Method and path. */
  operation: string;
  hash: Buffer;
}

/** A response, as it is sent again. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

/** The right to do the request. A later claim on the key invalidates this one, and it can then commit nothing. */
export interface Claim {
  tenantId: string;
  id: string;
}

interface KeyRow {
  id: string;
  request_hash: Buffer;
  applied_at: Date | null;
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
  locked_until: Date;
}

/** The idempotency keys of a tenant (draft-ietf-httpapi-idempotency-key-header). Methods run as the tenant. */
@Injectable()
export class IdempotencyStore {
  private readonly sealingKey: Buffer;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    keys: Keys,
  ) {
    this.sealingKey = keys.deriveKey('idempotency answers');
  }

  /**
   * Returns a claim if the request may run, or the stored answer of the first request.
   * @throws ProblemError idempotency_key_reused, idempotency_in_flight, idempotency_result_unknown
   */
  async claim(request: KeyedRequest): Promise<Claim | StoredAnswer> {
    const { tenantId, actorId, key, operation, hash } = request;
    const id = randomUUID();
    const now = this.clock.now();
    const [, found] = await this.db.tenantBatch([
      {
        name: 'idempotency_claim',
        text: `INSERT INTO idempotency_keys AS k
            (tenant_id, id, actor_id, key, operation, request_hash, created_at, locked_until, expires_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
          ON CONFLICT (tenant_id, actor_id, key) DO UPDATE SET id = EXCLUDED.id, operation = EXCLUDED.operation,
            request_hash = EXCLUDED.request_hash, created_at = EXCLUDED.created_at, locked_until = EXCLUDED.locked_until,
            expires_at = EXCLUDED.expires_at, applied_at = NULL, status = NULL, headers = NULL, body = NULL
          WHERE k.expires_at <= $7 OR (k.request_hash = EXCLUDED.request_hash AND k.status IS NULL
            AND k.applied_at IS NULL AND k.locked_until <= $7)`,
        values: [
          tenantId,
          id,
          actorId,
          key,
          operation,
          hash,
          now,
          new Date(now.getTime() + LOCK_MS),
          new Date(now.getTime() + KEEP_MS),
        ],
      },
      statement<KeyRow>({
        name: 'idempotency_key',
        text: `SELECT id, request_hash, applied_at, status, headers, body, locked_until FROM idempotency_keys
          WHERE tenant_id = $1 AND actor_id = $2 AND key = $3`,
        values: [tenantId, actorId, key],
      }),
    ]);
    const row = found.rows[0]!; // the row just written, or the existing row that prevented it
    if (row.id === id) return { tenantId, id };
    if (!row.request_hash.equals(hash)) throw new ProblemError('idempotency_key_reused');
    return this.answerOf(row, now);
  }

  /**
   * Call it in the transaction that does the work. From its commit on, the work is never done again under this key.
   * @throws ProblemError idempotency_in_flight if the request took so long that another one has claimed the key
   */
  async markApplied(tx: Tx, { tenantId, id }: Claim): Promise<void> {
    const { count } = await tx.idempotencyKey.updateMany({
      where: { tenantId, id },
      data: { appliedAt: this.clock.now() },
    });
    if (count === 0) throw inFlight();
  }

  /** Stores the answer, encrypted: it may hold a secret that is shown only once. */
  async finish({ tenantId, id }: Claim, { status, headers, body }: StoredAnswer): Promise<void> {
    await this.db.tenantBatch([
      {
        name: 'idempotency_finish',
        text: `UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE tenant_id = $1 AND id = $2`,
        values: [
          tenantId,
          id,
          status,
          JSON.stringify(headers),
          body === undefined ? null : JSON.stringify(sealText(body, this.sealingKey, id)),
        ],
      },
    ]);
  }

  /** Deletes the claim of a request that did nothing, so that it can be repeated at once. The row of a request that
   *  did something stays, without an answer. */
  async release({ tenantId, id }: Claim): Promise<void> {
    await this.db.tenantBatch([
      {
        name: 'idempotency_release',
        text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND id = $2 AND applied_at IS NULL`,
        values: [tenantId, id],
      },
      {
        name: 'idempotency_unlock',
        text: `UPDATE idempotency_keys SET locked_until = $3 WHERE tenant_id = $1 AND id = $2`,
        values: [tenantId, id, this.clock.now()],
      },
    ]);
  }

  /** Deletes the expired keys of all tenants. Returns how many. */
  async deleteExpired(): Promise<number> {
    let deleted = 0;
    for (;;) {
      const { rowCount } = await this.db.systemQuery(
        `DELETE FROM idempotency_keys WHERE (tenant_id, id) IN (
           SELECT tenant_id, id FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [this.clock.now(), DELETE_AT_ONCE],
      );
      deleted += rowCount ?? 0;
      if ((rowCount ?? 0) < DELETE_AT_ONCE) return deleted;
    }
  }

  private answerOf(row: KeyRow, now: Date): StoredAnswer {
    if (row.status !== null) {
      const body = row.body === null ? undefined : openText(row.body, this.sealingKey, row.id);
      // It was sealed with a secret that has been replaced since.
      if (row.body !== null && body === undefined) throw new ProblemError('idempotency_result_unknown');
      return { status: row.status, headers: row.headers ?? {}, body };
    }
    if (row.locked_until > now) throw inFlight();
    throw new ProblemError('idempotency_result_unknown');
  }
}

function inFlight(): ProblemError {
  return new ProblemError('idempotency_in_flight', { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
}
