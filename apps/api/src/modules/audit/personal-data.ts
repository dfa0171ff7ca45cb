/** The action of the entry that tells of an erasure; it holds nothing personal. */
export const ERASED = 'audit_log.erased';

/** Whom audit entries are to be erased of. */
export interface Person {
  tenantId: string;
  userId: string;
  /** In lower case. */
  email: string;
}

/** The address of a device that the person has let in. */
export function tellsIp(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.hasOwn(changes, 'ip');
}

/** Whether the e-mail address stands anywhere in it, not as the end or the beginning of a longer one. */
export function mentions(value: unknown, email: string): boolean {
  if (typeof value === 'string') return hasAddress(value.toLowerCase(), email);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => mentions(name, email) || mentions(member, email));
}

function hasAddress(text: string, email: string): boolean {
  for (let at = text.indexOf(email); at >= 0; at = text.indexOf(email, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + email.length)];
    if (!/[\w.!#$%&'*+/=?^`{|}~-]$/.test(before) && !/^(-|\.?\w)/.test(after)) return true;
  }
  return false;
}
