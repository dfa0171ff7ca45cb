import fc from 'fast-check';
import type { DocumentedOperation, JsonSchema } from './documented-operations.js';

/** The parts of a request. The body is text, because some bodies are not JSON. */
export interface FuzzedRequest {
  params: Record<string, string>;
  query: string;
  body: string | undefined;
  contentType: string;
  headers: Record<string, string>;
}

const NASTY = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '‮',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  "'; DROP TABLE users; --",
  '../../etc/passwd',
  '%00',
  '%',
  '{{7*7}}',
  '${jndi:ldap://x}',
  '<script>alert(1)</script>',
  'true',
  'null',
  '-1',
  '1e309',
  '99999999999999999999',
  '0x10',
  'NaN',
  '2026-02-30T25:61:61Z',
  '9999999-01-01T00:00:00Z',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'é'.repeat(5_000),
];

const junkText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 40 }));
const junk: fc.Arbitrary<unknown> = fc.oneof(
  junkText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 53, Number.MAX_VALUE, [], {}, [[]], { a: { b: { c: [] } } }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Makes values of a schema's type, and sometimes of another type. */
export class Fuzzer {
  constructor(private readonly schemas: Record<string, JsonSchema>) {}

  request(operation: DocumentedOperation): fc.Arbitrary<FuzzedRequest> {
    return fc.record({
      params: fc.record(Object.fromEntries(operation.params.map((name) => [name, this.pathValue()]))),
      query: this.query(operation),
      body: operation.body ? this.body(operation.body) : fc.constantFrom(undefined, undefined, '{}', 'x'),
      contentType: fc.oneof(
        { weight: 20, arbitrary: fc.constant('application/json') },
        fc.constantFrom('application/json; charset=utf-16', 'text/plain', 'application/x-www-form-urlencoded', 'a/b'),
      ),
      headers: this.headers(),
    });
  }

  private headers(): fc.Arbitrary<Record<string, string>> {
    const tag = fc.constantFrom('*', '"v1"', 'W/"v1"', '"v2147483648"', 'v1', '"', ',', '"v1", "v2"', '');
    const key = fc.oneof(fc.uuid(), fc.constantFrom('a', '""', '"a', 'a b', 'x'.repeat(256)));
    return fc.record({ 'idempotency-key': key, 'if-match': tag, 'if-none-match': tag }, { requiredKeys: [] });
  }

  private pathValue(): fc.Arbitrary<string> {
    return fc.oneof(fc.uuid(), junkText).map((text) => encodeURIComponent(wellFormed(text)) || '-');
  }

  private query(operation: DocumentedOperation): fc.Arbitrary<string> {
    const names = [...operation.queryParams.map(({ name }) => name), '__proto__', 'unknown'];
    const pair = fc.tuple(fc.constantFrom(...names), fc.oneof(junkText, this.queryValue(operation)));
    return fc
      .array(pair, { maxLength: 4 })
      .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(value))}`).join('&'))
      .chain((query) => fc.constantFrom(query, query, query, `${query}&a[b]=c&a[b]=d`, `${query}&%zz=%`));
  }

  private queryValue({ queryParams }: DocumentedOperation): fc.Arbitrary<string> {
    const values = queryParams.flatMap(({ schema }) => schema.enum?.map(String) ?? ['1', '1000', '1001']);
    return fc.constantFrom('1', ...values);
  }

  private body(schema: JsonSchema): fc.Arbitrary<string> {
    const json = this.value(schema, 4).map((value) => JSON.stringify(value) ?? 'null');
    return fc.oneof(
      { weight: 12, arbitrary: json },
      { weight: 3, arbitrary: junk.map((value) => JSON.stringify(value) ?? 'null') },
      {
        weight: 2,
        arbitrary: json.map((text) => (text.startsWith('{') ? `{"__proto__":{"isAdmin":true},${text.slice(1)}` : text)),
      },
      { weight: 1, arbitrary: json.map((text) => text.slice(0, -1)) },
      { weight: 1, arbitrary: fc.constantFrom('', '{', '[', 'null', '"', '\ufeff{}', '{"a":1}}', '['.repeat(20_000)) },
    );
  }

  private value(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
    const known = this.known(schema, depth);
    return fc.oneof({ weight: 5, arbitrary: known }, { weight: 1, arbitrary: junk });
  }

  private known(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.known(this.schemas[schema.$ref.split('/').at(-1)!] ?? {}, depth);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const choice = schema.anyOf ?? schema.oneOf;
    if (choice && depth > 0) return fc.oneof(...choice.map((one) => this.value(one, depth - 1)));
    if (schema.properties && depth > 0) {
      const fields = Object.entries(schema.properties).map(([name, field]) => [name, this.value(field, depth - 1)]);
      const whole = fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: [],
      });
      const [example] = schema.examples ?? [];
      return example === undefined ? whole : whole.map((some) => ({ ...(example as object), ...some }));
    }
    if (schema.items && depth > 0) return fc.array(this.value(schema.items, depth - 1), { maxLength: 4 });
    if (schema.type === 'integer' || schema.type === 'number') return fc.oneof(fc.integer(), fc.double());
    if (schema.type === 'boolean') return fc.boolean();
    return junkText;
  }
}

/** Half a surrogate pair cannot be written into a URL. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
