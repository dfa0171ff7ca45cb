/** Where the client tells what it does; `console` fits. Secrets are never logged. */
export interface LicenseLogger {
  debug(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
}

/** A logger that never throws into the client, or none. */
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
