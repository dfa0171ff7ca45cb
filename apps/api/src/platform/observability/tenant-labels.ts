/** The label of everybody who has none. */
export const OTHER = 'other';

const PERIOD_MS = 10 * 60 * 1000;
/** More than these are not compared with those that have a label. */
const MAX_CANDIDATES = 10_000;

/**
 * Which tenants have a label of their own in metrics: the busiest, so that a platform of many tenants does not drown its
 * Prometheus. Every ten minutes a tenant that was busier than one with a label takes its place. No series ever goes down:
 * that of the tenant without a label any more ends, and the new one begins at zero.
 */
export class TenantLabels {
  private readonly labelled = new Map<string, number>();
  private readonly candidates = new Map<string, number>();
  private periodEnd: number;

  /** @param onDrop called with each tenant that loses its label */
  constructor(
    private readonly max: number,
    private readonly onDrop: (tenantId: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.periodEnd = now() + PERIOD_MS;
  }

  /** The label of a tenant for one more request.
   *  @param proven whether the tenant is more than what an unknown caller claimed: only then does it get a label */
  label(tenantId: string, proven: boolean): string {
    if (this.now() >= this.periodEnd) this.exchange();
    const count = this.labelled.get(tenantId);
    if (count !== undefined) {
      this.labelled.set(tenantId, count + 1);
      return tenantId;
    }
    if (!proven || this.max === 0) return OTHER;
    if (this.labelled.size < this.max) {
      this.labelled.set(tenantId, 1);
      return tenantId;
    }
    const busy = this.candidates.get(tenantId) ?? 0;
    if (busy > 0 || this.candidates.size < MAX_CANDIDATES) this.candidates.set(tenantId, busy + 1);
    return OTHER;
  }

  private exchange(): void {
    this.periodEnd = this.now() + PERIOD_MS;
    const quietest = [...this.labelled].toSorted(([, a], [, b]) => a - b);
    const busiest = [...this.candidates].toSorted(([, a], [, b]) => b - a);
    for (const [i, [tenantId, requests]] of busiest.entries()) {
      const [dropped, itsRequests] = quietest[i] ?? [undefined, Infinity];
      if (dropped === undefined || requests <= itsRequests) break;
      this.labelled.delete(dropped);
      this.onDrop(dropped);
      this.labelled.set(tenantId, 0);
    }
    this.candidates.clear();
    for (const tenantId of this.labelled.keys()) this.labelled.set(tenantId, 0);
  }
}
