/** Returns the `Set-Cookie` headers of a response. It is the one header that can occur several times. */
export function cookiesSetBy({ headers }: { headers: Record<string, unknown> }): string[] {
  const set = headers['set-cookie'];
  return set === undefined ? [] : [set].flat().map(String);
}

/** Returns the cookie of that name, with its attributes. */
export function cookieSetBy(answer: { headers: Record<string, unknown> }, name: string): string | undefined {
  return cookiesSetBy(answer).find((cookie) => cookie.startsWith(`${name}=`));
}
