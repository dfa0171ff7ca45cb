export type Values = Readonly<Record<string, unknown>> | null;

export interface FieldChange {
  field: string;
  kind: 'added' | 'removed' | 'changed' | 'unchanged';
  /** As text; undefined where the field is missing. */
  before: string | undefined;
  after: string | undefined;
}

/** Compares the fields of a resource before and after, sorted by name. */
export function changesBetween(before: Values, after: Values): FieldChange[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields].toSorted().map((field) => {
    const [was, is] = [textOf(before, field), textOf(after, field)];
    const kind = was === undefined ? 'added' : is === undefined ? 'removed' : was === is ? 'unchanged' : 'changed';
    return { field, kind, before: was, after: is };
  });
}

function textOf(values: Values, field: string): string | undefined {
  if (!values || !Object.hasOwn(values, field)) return undefined;
  const value = values[field];
  return typeof value === 'string' ? value : JSON.stringify(value, sorted, 2);
}

/** A JSON replacer that sorts members: their order does not make objects different. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
