import { describe, expect, it } from 'vitest';
import { canonicalPayload, InvalidPayloadError, parsePayload } from './payload.js';
import { BASE_PAYLOAD } from './vectors/vector-licenses.js';

const CANONICAL =
  '{"session_id":"01942000-0000-7000-8000-000000000001","license_id":"01942000-0000-7000-8000-000000000002",' +
  '"user_id":"01942000-0000-7000-8000-000000000003","tenant_id":"01942000-0000-7000-8000-000000000004",' +
  '"machine_id":"9f2b6c1e-5d3a-4e8f-b7a0-1c2d3e4f5a6b","plan_tier":"team",' +
  '"features":["offline","priority_support"],"seat_no":3,"iat":1767225600,"exp":1767254400,"lease_seconds":360,' +
  '"iss":"https://licenses.example.com"}';

describe('canonical payload', () => {
  it('is JSON in one fixed order without white space', () => {
    expect(canonicalPayload(BASE_PAYLOAD)).toBe(CANONICAL);
  });

  it('does not depend on the order in which the members were set', () => {
    const reversed: typeof BASE_PAYLOAD = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(BASE_PAYLOAD).toReversed())),
    );
    expect(Object.keys(reversed)[0]).toBe('iss');
    expect(canonicalPayload(reversed)).toBe(CANONICAL);
  });

  it('leaves out undocumented members', () => {
    expect(canonicalPayload(Object.assign({ admin: true }, BASE_PAYLOAD))).toBe(CANONICAL);
  });

  it('is unchanged by the parser', () => {
    expect(parsePayload(JSON.parse(CANONICAL))).toStrictEqual(BASE_PAYLOAD);
  });
});

function fieldRefused(input: unknown): string {
  try {
    parsePayload(input);
  } catch (error) {
    if (error instanceof InvalidPayloadError) return error.field;
    throw error;
  }
  return 'none';
}

describe('payload parser', () => {
  it.each(Object.keys(BASE_PAYLOAD))('names %s when it is missing', (field) => {
    const rest = Object.fromEntries(Object.entries(BASE_PAYLOAD).filter(([name]) => name !== field));
    expect(fieldRefused(rest)).toBe(field);
  });

  it.each(Object.keys(BASE_PAYLOAD))('names %s when it is null', (field) => {
    expect(fieldRefused({ ...BASE_PAYLOAD, [field]: null })).toBe(field);
  });

  it.each([
    ['session_id', 'session-1'],
    ['license_id', BASE_PAYLOAD.license_id.replaceAll('-', '')],
    ['user_id', `${BASE_PAYLOAD.user_id}\n`],
    ['tenant_id', '0194200A-0000-7000-8000-000000000004'],
    ['machine_id', 'a'.repeat(63)],
    ['machine_id', 'my-laptop'],
    ['plan_tier', 'Team'],
    ['plan_tier', ''],
    ['features', 'offline'],
    ['features', ['offline', 7]],
    ['features', ['']],
    ['features', ['offline', 'offline']],
    ['seat_no', 0],
    ['seat_no', 1.5],
    ['seat_no', '3'],
    ['iat', -1],
    ['exp', Number.NaN],
    ['exp', 2 ** 53],
    ['exp', BASE_PAYLOAD.iat],
    ['lease_seconds', 0],
    ['iss', ''],
  ])('refuses %s = %j', (field, value) => {
    expect(fieldRefused({ ...BASE_PAYLOAD, [field]: value })).toBe(field);
  });

  it('leaves out unknown members', () => {
    expect(parsePayload({ ...BASE_PAYLOAD, max_seats: 99 })).toStrictEqual(BASE_PAYLOAD);
    const parsed = parsePayload(JSON.parse(CANONICAL.replace('{', '{"__proto__":{"seat_no":9},')));
    expect(parsed).toStrictEqual(BASE_PAYLOAD);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it.each([[null], [undefined], ['text'], [7], [[]], [[BASE_PAYLOAD]]])('refuses %j', (input) => {
    expect(fieldRefused(input)).toBe('payload');
  });

  it('accepts a machine id as a UUID or a SHA-256 in hex, in upper or lower case', () => {
    for (const machineId of ['a'.repeat(64), 'AB'.repeat(32), BASE_PAYLOAD.machine_id.toUpperCase()]) {
      expect(parsePayload({ ...BASE_PAYLOAD, machine_id: machineId }).machine_id).toBe(machineId);
    }
  });
});
