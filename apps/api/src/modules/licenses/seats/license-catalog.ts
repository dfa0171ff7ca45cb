import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { License } from '@coditect/db/generated/prisma/client';
import { LRUCache } from 'lru-cache';
import { currentTenant } from '#platform/request-context';
import { soonestToExpireFirst } from '../license-session.rules.js';

const FRESH_MS = 10_000;
const MAX_TENANTS = 10_000;

/**
 * Caches the licenses of tenants that acquire seats, so that an acquire needs no read before its grant. A cached license
 * never leads to a refusal: a refusal is decided on a fresh read, and a grant is checked again by its insert.
 */
@Injectable()
export class LicenseCatalog {
  private readonly cache = new LRUCache<string, License[]>({ max: MAX_TENANTS, ttl: FRESH_MS });

  constructor(private readonly db: Database) {}

  /** The current tenant's licenses, soonest to expire first. Cached ones are at most 10 s old. */
  async licenses(how: 'cached' | 'fresh'): Promise<License[]> {
    const tenantId = currentTenant();
    const known = this.cache.get(tenantId);
    if (how === 'cached' && known) return known;
    const licenses = await this.db.tenant.license.findMany({ where: { tenantId } });
    licenses.sort(soonestToExpireFirst);
    this.cache.set(tenantId, licenses);
    return licenses;
  }

  /** Call it after a change of a tenant's licenses. Other processes see the change within 10 s. */
  invalidate(tenantId: string): void {
    this.cache.delete(tenantId);
  }
}
