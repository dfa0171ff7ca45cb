import { expect, it } from 'vitest';
import { openDatabase } from './open-database.js';

const { db } = await openDatabase();

/** The columns that may be given when an audit entry is inserted, in alphabetical order. */
const UNSEALED_COLUMNS = [
  'action',
  'actor_id',
  'actor_name',
  'actor_type',
  'after',
  'before',
  'id',
  'ip',
  'occurred_at',
  'request_id',
  'resource_id',
  'resource_type',
  'tenant_id',
  'user_agent',
];

it('license_app has exactly these rights', async () => {
  const { rows } = await db.systemQuery<{ name: string; rights: string }>(
    `SELECT relname AS name, string_agg(r, ' ' ORDER BY r) AS rights FROM (
       SELECT c.relname, acl.privilege_type AS r FROM pg_class c, aclexplode(c.relacl) acl
         WHERE acl.grantee IN (0, 'license_app'::regrole) AND c.relnamespace = 'public'::regnamespace
       UNION ALL SELECT c.relname, format('%s(%s)', acl.privilege_type, a.attname)
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) acl
         WHERE acl.grantee IN (0, 'license_app'::regrole) AND c.relnamespace = 'public'::regnamespace
     ) AS granted GROUP BY relname ORDER BY relname`,
  );

  expect(Object.fromEntries(rows.map(({ name, rights }) => [name, rights]))).toEqual({
    api_keys: 'DELETE INSERT SELECT UPDATE',
    audit_chain_cuts: 'SELECT',
    audit_erasures: 'SELECT',
    audit_logs: `${UNSEALED_COLUMNS.map((column) => `INSERT(${column})`).join(' ')} SELECT`,
    data_exports: 'INSERT SELECT UPDATE',
    denials: 'INSERT SELECT',
    event_logs: 'SELECT',
    events: 'SELECT',
    former_addresses: 'INSERT SELECT',
    idempotency_keys: 'DELETE INSERT SELECT UPDATE',
    identities: 'DELETE INSERT SELECT UPDATE',
    invitations: 'DELETE INSERT SELECT UPDATE',
    license_sessions: 'INSERT SELECT UPDATE',
    licenses: 'SELECT UPDATE(updated_at)',
    logins: 'DELETE INSERT SELECT UPDATE',
    machines: 'INSERT SELECT UPDATE',
    notices: 'SELECT',
    one_time_tokens: 'DELETE INSERT SELECT UPDATE',
    outbox: 'INSERT SELECT',
    plans: 'SELECT',
    projects: 'DELETE INSERT SELECT UPDATE',
    recovery_codes: 'DELETE INSERT SELECT UPDATE',
    refresh_tokens: 'DELETE INSERT SELECT UPDATE',
    signing_keys: 'SELECT',
    subscriptions: 'SELECT',
    tenants:
      'SELECT UPDATE(contact_email) UPDATE(name) UPDATE(require_two_factor) UPDATE(slug) UPDATE(updated_at) UPDATE(version)',
    usage_days: 'SELECT',
    usage_hours: 'SELECT',
    usage_samples: 'SELECT',
    users: 'DELETE INSERT SELECT UPDATE',
    webhook_attempts: 'INSERT SELECT',
    webhook_deliveries: 'INSERT SELECT UPDATE',
    webhook_endpoints: 'DELETE INSERT SELECT UPDATE',
  });
});
