import i18next, { type FlatNamespace } from 'i18next';

/** Returns the text of a key that is known only at run time, or undefined. The API may use names that have no text
 *  here.
 *  @param namespace a namespace that the calling component has loaded */
export function optionalText(
  namespace: FlatNamespace,
  key: string,
  values: Record<string, unknown> = {},
): string | undefined {
  if (!i18next.exists(key, { ns: namespace })) return undefined;
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion, typescript/no-unsafe-type-assertion -- the compiler's TypeScript refuses a key of any text, the linter's does not
  return i18next.t(key as never, { ...values, ns: namespace });
}
