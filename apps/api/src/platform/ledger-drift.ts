let drift = 0;

/** Remembers how many license sessions the last reconciliation of this process found in only one of ledger and Postgres. */
export function setLedgerDrift(sessions: number): void {
  drift = sessions;
}

/** For the metrics: what the last reconciliation of this process found. 0 before the first. */
export function ledgerDrift(): number {
  return drift;
}
