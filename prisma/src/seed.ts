import { Database } from '@coditect/db/database';
import type { PlanTier, UserRole } from '@coditect/db/generated/prisma/client';
import { hash } from '@node-rs/argon2';

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

/** Known to everybody who reads this file: the demo data is for development only. */
const PASSWORD = 'coditect-demo';
const ROLES: UserRole[] = ['owner', 'admin', 'member', 'viewer'];

interface Plan {
  tenant: { slug: string; name: string; planTier: PlanTier };
  domain: string;
  licenses: { key: string; seatsTotal: number; features: string[]; leaseSeconds?: number }[];
}
const PLANS: Plan[] = [
  {
    tenant: { slug: 'acme', name: 'Acme Robotics', planTier: 'team' },
    domain: 'acme.test',
    licenses: [{ key: 'CODI-ACME-TEAM-0001', seatsTotal: 25, features: ['editor', 'agents', 'collaboration'] }],
  },
  {
    tenant: { slug: 'globex', name: 'Globex', planTier: 'pro' },
    domain: 'globex.test',
    licenses: [{ key: 'CODI-GLBX-PRO0-0001', seatsTotal: 3, features: ['editor', 'agents'] }],
  },
];

/**
 * Puts in the demo tenants with a user of each role and their licenses. What is there already is left as it is.
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
        licenseKeys: plan.licenses.map((license) => license.key),
        users: ROLES.map((role) => ({ email: `${role}@${plan.domain}`, password: PASSWORD, role })),
      });
    }
    return demo;
  } finally {
    await db.close();
  }
}

async function seedTenant(db: Database, plan: Plan): Promise<void> {
  const passwordHash = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  await db.systemTx(async (tx) => {
    const { id: tenantId } = await tx.tenant.create({ data: plan.tenant });
    for (const role of ROLES)
      await tx.user.create({
        data: {
          tenantId,
          email: `${role}@${plan.domain}`,
          name: `Demo ${role}`,
          role,
          passwordHash,
          emailVerifiedAt: new Date(),
        },
      });
    for (const license of plan.licenses)
      await tx.license.create({ data: { ...license, tenantId, product: 'coditect', planTier: plan.tenant.planTier } });
  });
}
