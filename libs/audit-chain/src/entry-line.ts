import type { SealedEntry } from './entry.js';

/** A line that is not an entry of an export. */
export class MalformedEntryError extends Error {
  override readonly name = 'MalformedEntryError';
}

const TEXT = ['tenant_id', 'id', 'occurred_at', 'actor_type', 'action', 'resource_type'] as const;
const SEALED = ['previous_hash', 'hash', 'actor_digest', 'detail_digest'] as const;
const NULLABLE_TEXT = [
  'actor_id',
  'actor_name',
  'ip',
  'user_agent',
  'resource_id',
  'request_id',
  'actor_salt',
  'detail_salt',
  'erased_at',
] as const;

/**
 * Reads one line of an NDJSON export. Unknown members are ignored, because a later server may add some.
 * @throws {MalformedEntryError} naming the member that is missing or has the wrong type
 */
export function parseEntry(line: string): SealedEntry {
  const entry = parseObject(line);
  const require = (holds: boolean, field: string, rule: string) => {
    if (!holds) throw new MalformedEntryError(`${field} must be ${rule}`);
  };
  for (const field of [...TEXT, ...SEALED]) require(typeof entry[field] === 'string', field, 'a string');
  for (const field of NULLABLE_TEXT)
    require(entry[field] === null || typeof entry[field] === 'string', field, 'a string or null');
  require(Number.isSafeInteger(entry['sequence']) && Number(entry['sequence']) > 0, 'sequence', 'a positive integer');
  for (const field of ['before', 'after']) require(entry[field] !== undefined, field, 'a value or null');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each of its members was checked above
  return entry as unknown as SealedEntry;
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new MalformedEntryError('it is not JSON');
  }
  if (!isObject(value)) throw new MalformedEntryError('it is not a JSON object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
