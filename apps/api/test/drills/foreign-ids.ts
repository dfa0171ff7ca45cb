const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** All ids that an answer shows: its parsed body, or its text. */
export function idsIn(body: unknown): string[] {
  return (typeof body === 'string' ? body : JSON.stringify(body)).match(UUID) ?? [];
}
