/** The label of all tenants that have none of their own. */
export const OTHER = 'other';

const PERIOD_MS = 10 * 60 * 1000;
/** How many tenants without a label are counted. */
const MAX_CANDIDATES = 10_000;

/**
 * Decides which tenants get their own label in metrics: the busiest ones, so that many tenants do not overload
 * Prometheus. Every ten minutes, a tenant that was busier than one with a label takes its place. No series ever
 * decreases: the series of the tenant that loses its label ends, and the new one starts at zero.
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

  /** Counts a request and returns the label of its tenant.
   *  @param proven whether the caller has proven its tenant: only then can the tenant get a label */
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

  /** Starts a new period. Gives the labels of the quietest tenants to busier ones without a label. */
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
