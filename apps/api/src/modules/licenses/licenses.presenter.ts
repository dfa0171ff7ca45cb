import type { License, LicenseContacts } from '@coditect/contracts/licenses';
import type { User } from '@coditect/db/generated/prisma/client';
import type { LicenseWithUse } from './licenses.service.js';

export function presentLicense(license: LicenseWithUse): License {
  return {
    id: license.id,
    key: license.key,
    product: license.product,
    plan_tier: license.planTier,
    status: license.status,
    seats_total: license.seatsTotal,
    seats_in_use: license.seatsInUse,
    seats_free: Math.max(0, license.seatsTotal - license.seatsInUse),
    features: license.features,
    lease_seconds: license.leaseSeconds,
    session_seconds: license.sessionSeconds,
    valid_from: license.validFrom.toISOString(),
    valid_until: license.validUntil?.toISOString() ?? null,
    created_at: license.createdAt.toISOString(),
  };
}

export function presentContacts(managers: readonly User[]): LicenseContacts {
  return { contacts: managers.map(({ id, name, role }) => ({ id, name, role })) };
}
