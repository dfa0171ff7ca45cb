import { randomUUID } from 'node:crypto';
import type { UserRole } from '@coditect/contracts/common';
import { type Permission, userRoles } from '@coditect/contracts/names';
import type { Database } from '@coditect/db/database';
import type { License, Prisma, User } from '@coditect/db/generated/prisma/client';
import type { AccessTokens } from '#platform/access/access-tokens';
import { newApiKey } from '#platform/access/api-key-token';

export interface TestUser extends User {
  accessToken: string;
  /** The login that the access token belongs to. */
  loginId: string;
}
export interface TestTenant extends Record<UserRole, TestUser> {
  id: string;
  slug: string;
  license: License;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

let counter = 0;

/** Makes the rows that a test starts with. All are new, so tests of one file do not see each other's rows. */
export class Factory {
  constructor(
    private readonly db: Database,
    private readonly tokens: AccessTokens,
  ) {}

  /** Makes a tenant with a signed-in user of each role and one license of product "coditect". */
  async tenant(license: Partial<Prisma.LicenseUncheckedCreateInput> = {}): Promise<TestTenant> {
    counter += 1;
    const slug = `tenant-${process.pid}-${counter}`;
    const { id } = await this.db.system.tenant.create({ data: { slug, name: slug, planTier: 'team' } });
    const users = await Promise.all(userRoles.map((role) => this.user(id, role)));
    const byRole = Object.fromEntries(users.map((user) => [user.role, user])) as Record<UserRole, TestUser>;
    return { id, slug, license: await this.license(id, license), ...byRole };
  }

  async user(tenantId: string, role: UserRole, data: Partial<Prisma.UserUncheckedCreateInput> = {}): Promise<TestUser> {
    const user = await this.db.system.user.create({
      data: { tenantId, email: `${role}-${randomUUID()}@example.test`, name: `A ${role}`, role, ...data },
    });
    return this.signIn(user);
  }

  /** Returns the user with a new access token, because moving the clock soon exceeds its 15 minutes. */
  async signIn(user: User): Promise<TestUser> {
    const { id, tenantId, role } = user;
    const login = await this.db.system.login.create({
      data: { tenantId, userId: id, method: 'password', expiresAt: new Date(Date.now() + YEAR_MS) },
    });
    const accessToken = await this.tokens.issue({ sub: id, tid: tenantId, role, sid: login.id });
    return { ...user, accessToken, loginId: login.id };
  }

  /** Returns a new API key of a user. */
  async apiKey({ tenantId, id }: User, scopes: Permission[]): Promise<string> {
    const { key, prefix, hash } = newApiKey(tenantId);
    await this.db.system.apiKey.create({
      data: { tenantId, userId: id, name: 'Build machines', prefix, keyHash: hash, scopes },
    });
    return key;
  }

  async license(tenantId: string, data: Partial<Prisma.LicenseUncheckedCreateInput> = {}): Promise<License> {
    return this.db.system.license.create({
      data: {
        tenantId,
        key: `KEY-${randomUUID()}`,
        product: 'coditect',
        planTier: 'team',
        seatsTotal: 3,
        features: ['editor', 'agents'],
        ...data,
      },
    });
  }
}

/** Returns the id of a new machine. */
export function newMachine(): string {
  return randomUUID();
}
