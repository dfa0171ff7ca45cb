import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AcquireRequest, MachineId, ValidateResponse } from './license-sessions.js';
import { PageQuery, SearchText, TenantSlug } from './common.js';
import { LoginRequest } from './auth.js';
import * as names from './names.js';
import { problemCodes } from './problem.js';

const UUID = '6f1c9a3e-6f0d-4c3e-9b57-0a6c2f4f8f11';
const pathsOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error?.issues.map((issue) => issue.path.join('.'));
};

describe('machine ids', () => {
  it.each([UUID, UUID.toUpperCase(), 'ab'.repeat(32), 'AB'.repeat(32)])(
    'given %s, then it is accepted in lower case',
    (id) => {
      expect(MachineId.parse(id)).toBe(id.toLowerCase());
    },
  );

  it.each([
    '',
    'x',
    `${UUID} `,
    ` ${UUID}`,
    `{${UUID}}`,
    UUID.replaceAll('-', ''),
    'ab'.repeat(31),
    'zz'.repeat(32),
    `${UUID}\n`,
  ])('refuses %j', (id) => {
    expect(MachineId.safeParse(id).success).toBe(false);
  });
});

describe('an acquire', () => {
  it('needs only a machine id', () => {
    expect(AcquireRequest.parse({ machine_id: UUID })).toEqual({ machine_id: UUID, features: [] });
  });

  it('accepts the product or the license key but not both, and refuses unknown members', () => {
    expect(pathsOf(AcquireRequest, { machine_id: UUID, product: 'p', license_key: 'k' })).toEqual(['product']);
    expect(AcquireRequest.safeParse({ machine_id: UUID, seat_no: 1 }).success).toBe(false);
  });

  it('reports the path of an invalid field', () => {
    expect(pathsOf(AcquireRequest, { machine_id: 7 })).toEqual(['machine_id']);
    expect(pathsOf(AcquireRequest, { machine_id: UUID, features: ['a', ''] })).toEqual(['features.1']);
    expect(pathsOf(AcquireRequest, { machine_id: UUID, hardware_fingerprint: [] })).toEqual(['hardware_fingerprint']);
  });
});

describe('a hardware fingerprint', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  const fits = (value: unknown) => AcquireRequest.safeParse({ machine_id: UUID, hardware_fingerprint: value }).success;

  it('may be nested 16 levels deep; thousands of levels are refused without a stack overflow', () => {
    expect(fits({ disks: [{ id: 'a', parts: [{ id: 1 }] }] })).toBe(true);
    expect(fits({ a: nested(16) })).toBe(true);
    expect(fits({ a: nested(17) })).toBe(false);
    expect(fits({ a: nested(4000) })).toBe(false);
  });

  it('may have at most 8 KiB of JSON, counted in bytes', () => {
    expect(fits({ a: 'x'.repeat(8000) })).toBe(true);
    expect(fits({ a: 'ä'.repeat(5000) })).toBe(false);
  });
});

describe('an answer of validate', () => {
  it('is either valid with a grant or invalid with a code', () => {
    expect(ValidateResponse.parse({ valid: false, code: 'no_seats_available', error: 'none' })).toBeDefined();
    expect(ValidateResponse.safeParse({ valid: true }).success).toBe(false);
    expect(ValidateResponse.safeParse({ valid: false }).success).toBe(false);
  });
});

describe('tenant slugs', () => {
  it.each(['a', 'acme', 'acme-2', '0'])('takes %s', (slug) => expect(TenantSlug.safeParse(slug).success).toBe(true));
  it.each(['', '-a', 'a-', 'A', 'a_b', 'ä', 'a'.repeat(64)])('refuses %j', (slug) =>
    expect(TenantSlug.safeParse(slug).success).toBe(false),
  );
});

describe('pages', () => {
  it('have 50 rows by default and at most 1,000', () => {
    expect(PageQuery.parse({})).toEqual({ limit: 50, offset: 0 });
    expect(PageQuery.parse({ limit: '1000', offset: '7' })).toEqual({ limit: 1000, offset: 7 });
    for (const wrong of [
      { limit: 1001 },
      { limit: 0 },
      { offset: -1 },
      { limit: 'x' },
      { limit: '1.5' },
      { limits: 5 },
      { offset: 2 ** 53 },
    ])
      expect(PageQuery.safeParse(wrong).success).toBe(false);
  });

  it.each(['0x10', '0b1', '1e2', ' 5', '5 ', '+5', '5.0', '-0', '', '٥', 'Infinity', ['5'], true, null])(
    'refuse %j: only plain decimal digits are a number',
    (wrong) => {
      expect(pathsOf(PageQuery, { limit: wrong })).toEqual(['limit']);
      expect(pathsOf(PageQuery, { offset: wrong })).toEqual(['offset']);
    },
  );

  it('are documented as integers with their bounds', () => {
    const { properties, required } = z.toJSONSchema(PageQuery, { io: 'input' });
    expect(properties).toMatchObject({
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
      offset: { type: 'integer', minimum: 0, default: 0 },
    });
    expect(required).toBeUndefined();
  });
});

describe('a search', () => {
  it('is trimmed, and refused when Postgres cannot store the text', () => {
    expect(SearchText.parse(' 100% _ ')).toBe('100% _');
    for (const wrong of ['a\0b', 'a\uD800', 'x'.repeat(101)]) expect(SearchText.safeParse(wrong).success).toBe(false);
  });
});

describe('signing in', () => {
  it('accepts an e-mail address in any case', () => {
    expect(LoginRequest.parse({ email: 'Ada@Example.TEST', password: 'x' }).email).toBe('ada@example.test');
  });
});

describe('problem codes', () => {
  it.each(Object.entries(problemCodes))('%s has an HTTP error status and a title', (code, { status, title }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title.length).toBeGreaterThan(5);
  });
});

describe('names', () => {
  it('are in a file without imports, because browsers load it', () => {
    const text = readFileSync(new URL('names.ts', import.meta.url), 'utf8');
    expect(text).not.toMatch(/^\s*(import|export .* from)\b|\bimport\(|\brequire\(/m);
  });

  it.each(Object.entries(names).filter(([, value]) => Array.isArray(value)))('in %s occur once', (_, list) => {
    expect(list).toEqual([...new Set(list as string[])]);
  });
});

const messages = readdirSync(new URL('.', import.meta.url)).filter((file) => /^[a-z-]+\.ts$/.test(file));
const schemasOf = async (file: string) => {
  const module = (await import(`./${file}`)) as Record<string, unknown>;
  return Object.entries(module).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [{ name, schema: value }] : [],
  );
};

describe.each(messages)('every named message of %s', (file) => {
  it('can be converted to JSON Schema, from which OpenAPI and the clients are generated', async () => {
    for (const { schema } of await schemasOf(file)) expect(() => z.toJSONSchema(schema, { io: 'input' })).not.toThrow();
  });

  it('has examples, and accepts them', async () => {
    for (const { name, schema } of await schemasOf(file)) {
      const { id, examples = [] } = (schema.meta() ?? {}) as { id?: string; examples?: unknown[] };
      if (!id || schema instanceof z.ZodEnum) continue;
      expect([name, examples.length]).not.toEqual([name, 0]);
      for (const example of examples)
        expect([name, schema.safeParse(example).error?.issues]).toEqual([name, undefined]);
    }
  });
});
