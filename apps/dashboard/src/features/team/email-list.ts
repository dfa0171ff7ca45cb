/** The addresses of a pasted text: separated by commas, semicolons or white space; of `Ada <ada@acme.example>` the one in
 *  brackets. Each once, in small letters, as the API compares them. */
export function addressesOf(text: string): string[] {
  const bare = text.replaceAll(/[^,;\n<>]*<([^<>]*)>/g, ' $1 ');
  return [
    ...new Set(
      bare
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map((address) => address.toLowerCase()),
    ),
  ];
}

/** The text without one of its addresses. */
export function withoutAddress(text: string, address: string): string {
  return addressesOf(text)
    .filter((one) => one !== address)
    .join('\n');
}

/** Close enough to spot a slip before anything is sent; the API decides. */
export const looksLikeAddress = (address: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(address);
