import { Database } from '@coditect/db/database';
import type { PlanTier, UserRole } from '@coditect/db/generated/prisma/client';
import { hash } from '@node-rs/argon2';
import { type DemoTeam, seedPast } from './demo-data.js';
import { HISTORY_DAYS } from './demo-history.js';

export interface DemoUser {
  email: string;
  password: string;
  role: UserRole;
}
export interface DemoTenant {
  slug: string;
  name: string;
  licenseKeys: string[];
  users: DemoUser[];
}

/** Public, because it is in this file. Demo data is for development only. */
const PASSWORD = 'coditect-demo';
const DAY_MS = 24 * 60 * 60 * 1000;
const ROLES: UserRole[] = ['owner', 'admin', 'member', 'viewer'];

interface Plan {
  tenant: { slug: string; name: string; planTier: PlanTier };
  team: DemoTeam;
  license: { key: string; seatsTotal: number; features: string[] };
}
const PLANS: Plan[] = [
  {
    tenant: { slug: 'acme', name: 'Acme Robotics', planTier: 'team' },
    team: { domain: 'acme.test', colleagues: 25, busy: 0.96, projects: 12, invitations: 3, seed: 25 },
    license: { key: 'CODI-ACME-TEAM-0001', seatsTotal: 25, features: ['editor', 'agents', 'collaboration'] },
  },
  {
    tenant: { slug: 'globex', name: 'Globex', planTier: 'pro' },
    team: { domain: 'globex.test', colleagues: 1, busy: 0.7, projects: 4, invitations: 1, seed: 3 },
    license: { key: 'CODI-GLBX-PRO0-0001', seatsTotal: 3, features: ['editor', 'agents'] },
  },
];

/**
 * Inserts the demo tenants with a user of each role, their licenses and their past. Existing rows are not changed.
 * @returns what a person needs to sign in
 */
export async function seed({ systemUrl }: { systemUrl: string }): Promise<DemoTenant[]> {
  const db = new Database({ appUrl: systemUrl, systemUrl, systemPoolSize: 1 });
  try {
    const demo: DemoTenant[] = [];
    for (const plan of PLANS) {
      const exists = await db.system.tenant.findUnique({ where: { slug: plan.tenant.slug } });
      if (!exists) await seedTenant(db, plan);
      demo.push({
        slug: plan.tenant.slug,
        name: plan.tenant.name,
        licenseKeys: [plan.license.key],
        users: ROLES.map((role) => ({ email: `${role}@${plan.team.domain}`, password: PASSWORD, role })),
      });
    }
    return demo;
  } finally {
    await db.close();
  }
}

async function seedTenant(db: Database, plan: Plan): Promise<void> {
  const passwordHash = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const createdAt = new Date(Date.now() - (HISTORY_DAYS + 1) * DAY_MS);
  await db.systemTx(async (tx) => {
    const { id: tenantId } = await tx.tenant.create({ data: { ...plan.tenant, createdAt } });
    for (const role of ROLES)
      await tx.user.create({
        data: {
          tenantId,
          email: `${role}@${plan.team.domain}`,
          name: `Demo ${role}`,
          role,
          passwordHash,
          emailVerifiedAt: new Date(),
        },
      });
    const terms = { product: 'coditect', planTier: plan.tenant.planTier, validFrom: createdAt, createdAt };
    await seedPast(tx, await tx.license.create({ data: { ...plan.license, ...terms, tenantId } }), plan.team);
  });
}
