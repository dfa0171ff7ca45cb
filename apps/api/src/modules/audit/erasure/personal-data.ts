/** The action of the entry that tells of an erasure; it holds nothing personal. */
export const ERASED = 'audit_log.erased';

/** An e-mail address of a person while it was that person's. */
export interface HeldAddress {
  /** In lower case. */
  email: string;
  /** Until then it was somebody else's. */
  since: Date | null;
  /** After that it may be somebody else's. */
  until: Date;
}

/** Whom audit entries are to be erased of. */
export interface Person {
  tenantId: string;
  userId: string;
  /** All there were: who has none is found by its id alone. */
  addresses: readonly HeldAddress[];
}

/** What tells of the person by name at that time. */
export function addressesAt({ addresses }: Person, time: Date): string[] {
  return addresses
    .filter(({ since, until }) => time <= until && (since === null || time > since))
    .map(({ email }) => email);
}

/** The address of a device that the person has let in. */
export function tellsIp(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.hasOwn(changes, 'ip');
}

/** Whether one of the e-mail addresses stands anywhere in it, not as the end or the beginning of a longer one. */
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
