const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** All ids that an answer shows. */
export function idsIn(body: unknown): string[] {
  return JSON.stringify(body).match(UUID) ?? [];
}
