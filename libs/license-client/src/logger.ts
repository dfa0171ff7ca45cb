/** Where the client logs. `console` fits. Secrets are never logged. */
export interface LicenseLogger {
  debug(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
}

/** Wraps a logger so that it never throws into the client. Without a logger, nothing is logged. */
export function quietLogger(logger: LicenseLogger | undefined): LicenseLogger {
  const guarded = (level: keyof LicenseLogger) => (message: string, details?: Record<string, unknown>) => {
    try {
      logger?.[level](message, details);
    } catch {
      // a host whose logger fails still keeps its seat
    }
  };
  return { debug: guarded('debug'), warn: guarded('warn') };
}
