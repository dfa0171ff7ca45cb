/** The action of the entry that records an erasure. That entry has no personal data. */
export const ERASED = 'audit_log.erased';

/** An e-mail address and the time during which it belonged to a person. */
export interface HeldAddress {
  /** In lower case. */
  email: string;
  /** Up to this moment it belonged to another user; null if to none. */
  since: Date | null;
  /** After this moment it may belong to another user. */
  until: Date;
}

/** A person to be erased from audit entries. */
export interface Person {
  tenantId: string;
  userId: string;
  /** All addresses that the person ever had. If the list is empty, entries are found by the id only. */
  addresses: readonly HeldAddress[];
}

/** Returns the addresses, in lower case, that belonged to the person at that time. */
export function addressesAt({ addresses }: Person, time: Date): string[] {
  return addresses
    .filter(({ since, until }) => time <= until && (since === null || time > since))
    .map(({ email }) => email);
}

/** Whether `before` or `after` has an IP address: that of a device the person has approved. */
export function hasIp(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.hasOwn(changes, 'ip');
}

/** Whether a JSON value contains one of the e-mail addresses, in a name or a text, and not as part of a longer address.
 *  @param emails in lower case */
export function mentions(value: unknown, emails: readonly string[]): boolean {
  if (typeof value === 'string') return emails.some((email) => hasAddress(value.toLowerCase(), email));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => mentions(name, emails) || mentions(member, emails));
}

function hasAddress(text: string, email: string): boolean {
  for (let at = text.indexOf(email); at >= 0; at = text.indexOf(email, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + email.length)];
    if (!/[\w.!#$%&'*+/=?^`{|}~-]$/.test(before) && !/^(-|\.?\w)/.test(after)) return true;
  }
  return false;
}
