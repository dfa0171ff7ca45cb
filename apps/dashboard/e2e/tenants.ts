import { randomBytes } from 'node:crypto';
import { withClient } from '@coditect/local-stack/database';
import type { Product } from './product.js';

/** The password of all test users, and its argon2id hash by `@node-rs/argon2`. */
export const PASSWORD = 'a password of the tests';
const PASSWORD_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$LdpHhp/dqRSSbXGXPdpfaw$1vNPKkLSQmbswUI+8ioARLXPQvUxilgtdCBmAgGkRYo';

export const roles = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** A tenant with one user of each role and one license. */
export interface E2eTenant {
  id: string;
  slug: string;
  name: string;
  licenseId: string;
  licenseKey: string;
  email: (role: Role) => string;
}

/** @param seats of the license */
export async function createTenant({ systemDatabaseUrl }: Product, seats = 5): Promise<E2eTenant> {
  const tag = randomBytes(5).toString('hex');
  const [slug, name, licenseKey] = [`t-${tag}`, `Tenant ${tag}`, `CODI-${tag.toUpperCase()}`];
  const email = (role: Role) => `${role}@${tag}.test`;
  return withClient(systemDatabaseUrl, async (db) => {
    const one = async (sql: string, values: unknown[]) =>
      (await db.query<{ id: string }>(`${sql} RETURNING id`, values)).rows[0]!.id;
    const id = await one(`INSERT INTO tenants (id, slug, name, plan_tier) VALUES (gen_random_uuid(), $1, $2, 'team')`, [
      slug,
      name,
    ]);
    for (const role of roles)
      await db.query(
        `INSERT INTO users (tenant_id, id, email, name, role, password_hash, email_verified_at)
         VALUES ($1, gen_random_uuid(), $2, $3, $4, $5, now())`,
        [id, email(role), `${role.slice(0, 1).toUpperCase()}${role.slice(1)} Example`, role, PASSWORD_HASH],
      );
    const licenseId = await one(
      `INSERT INTO licenses (tenant_id, id, key, product, plan_tier, seats_total, features, valid_until)
       VALUES ($1, gen_random_uuid(), $2, 'coditect', 'team', $3, '{editor,agents}', now() + interval '300 days')`,
      [id, licenseKey, seats],
    );
    return { id, slug, name, licenseId, licenseKey, email };
  });
}
