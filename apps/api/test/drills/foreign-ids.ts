const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Returns all ids in a response body, parsed or text. */
export function idsIn(body: unknown): string[] {
  return (typeof body === 'string' ? body : JSON.stringify(body)).match(UUID) ?? [];
}
