import { withClient } from '@coditect/local-stack/database';
import { DatabaseError } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { runAsTenant } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows, type TenantRows } from './tenant-rows.js';

const { db, urls } = await openDatabase();
let ours: TenantRows;
let theirs: TenantRows;
beforeAll(async () => {
  [ours, theirs] = [await createTenantRows(db, 'ours'), await createTenantRows(db, 'theirs')];
});

const SEAL = `sequence = 1, previous_hash = sha256('0'), hash = sha256('1'), actor_digest = sha256('2'),
  detail_digest = sha256('3'), actor_salt = substr(sha256('4'), 1, 16), detail_salt = substr(sha256('5'), 1, 16)`;
const ERASE_ACTOR = 'actor_name = NULL, ip = NULL, user_agent = NULL, actor_salt = NULL';
const ERASE_DETAIL = 'before = NULL, after = NULL, detail_salt = NULL';
const ENTRY = `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, actor_name, ip, after)
  VALUES ($1, gen_random_uuid(), now(), 'user', 'a.b', 'c', 'ada@acme.example', '203.0.113.7', '{"a": 1}')`;

/** Applies each change to a new entry in one transaction, as one role, and rolls back. Returns `done` or the SQLSTATE of each. */
async function changes(url: string, ...assignments: string[]): Promise<string[]> {
  return withClient(url, async (client) => {
    await client.query('BEGIN');
    try {
      await client.query('SELECT set_current_tenant($1)', [ours.id]);
      await client.query(ENTRY, [ours.id]);
      const outcomes: string[] = [];
      for (const assignment of assignments) {
        await client.query('SAVEPOINT change');
        try {
          const { rowCount } = await client.query(
            `UPDATE audit_logs SET ${assignment} WHERE tenant_id = $1 AND action = 'a.b'`,
            [ours.id],
          );
          outcomes.push(rowCount === 1 ? 'done' : `${rowCount} rows`);
        } catch (error) {
          if (!(error instanceof DatabaseError)) throw error;
          await client.query('ROLLBACK TO change');
          outcomes.push(error.code ?? error.message);
        }
      }
      return outcomes;
    } finally {
      await client.query('ROLLBACK');
    }
  });
}

const REFUSED = '42501';

describe('an audit entry', () => {
  it('can be sealed once and completely, by license_system', async () => {
    expect(await changes(urls.system, SEAL, SEAL)).toEqual(['done', REFUSED]);
    expect(await changes(urls.app, SEAL)).toEqual([REFUSED]);
  });

  it.each([
    'sequence = 1',
    SEAL.replace('sequence = 1, ', ''),
    SEAL.replace('sequence = 1', 'sequence = 0'),
    SEAL.replace("sha256('1')", 'NULL'),
    SEAL.replace("sha256('3')", "'x'"),
    `${SEAL}, actor_name = NULL`,
    `${SEAL}, erased_at = now()`,
    `${ERASE_ACTOR}, erased_at = now()`,
  ])('cannot be sealed with %s', async (assignment) => {
    expect(await changes(urls.system, assignment)).toEqual([REFUSED]);
  });

  it('can have its actor and its details erased, and the time of erasure stays', async () => {
    const erasedAt = "erased_at = '2026-12-01'";
    expect(
      await changes(
        urls.system,
        SEAL,
        `${ERASE_ACTOR}, ${erasedAt}`,
        `${ERASE_DETAIL}, erased_at = '2026-12-02'`,
        ERASE_DETAIL,
        ERASE_ACTOR,
      ),
    ).toEqual(['done', 'done', REFUSED, 'done', 'done']);
  });

  it.each([
    'actor_name = NULL, erased_at = now()',
    'actor_salt = NULL, erased_at = now()',
    ERASE_ACTOR,
    "actor_name = 'eve@acme.example'",
    `${ERASE_ACTOR}, erased_at = now(), hash = sha256('x')`,
    `${ERASE_ACTOR}, erased_at = now(), after = NULL`,
    `${ERASE_DETAIL}, erased_at = now(), ip = NULL`,
    'erased_at = now()',
    'sequence = NULL',
    'hash = hash',
  ])('cannot be changed after sealing with %s', async (assignment) => {
    expect(await changes(urls.system, SEAL, assignment)).toEqual(['done', REFUSED]);
  });

  it.each(["action = 'x'", 'occurred_at = now()', "resource_id = 'x'", `${SEAL}, action = 'x'`])(
    'cannot be changed even by the owner of the table with %s',
    async (assignment) => {
      expect(await changes(urls.owner, assignment)).toEqual([REFUSED]);
    },
  );

  it('can be inserted only for the own tenant, and never as sealed', async () => {
    const create = (data: object) =>
      runAsTenant(ours.id, () =>
        db.tenant.auditLog.create({
          data: { tenantId: ours.id, actorType: 'system', action: 'x.y', resourceType: 'x', ...data },
        }),
      );
    await expect(create({})).resolves.toMatchObject({ sequence: null });
    await expect(create({ tenantId: theirs.id })).rejects.toThrow('row-level security policy for table "audit_logs"');
    await expect(create({ sequence: 1n })).rejects.toThrow('permission denied for table audit_logs');
    await expect(create({ erasedAt: new Date() })).rejects.toThrow('permission denied for table audit_logs');
  });
});
