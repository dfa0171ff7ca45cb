/** Returns the addresses in a pasted text, separated by commas, semicolons or white space. `Ada <ada@acme.example>`
 *  gives the address in brackets. Each address is returned once and in lower case, as the API compares them. */
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

/** Returns the text without one of its addresses. */
export function withoutAddress(text: string, address: string): string {
  return addressesOf(text)
    .filter((one) => one !== address)
    .join('\n');
}

/** Catches typing errors before anything is sent; the API decides. */
export const looksLikeAddress = (address: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(address);
