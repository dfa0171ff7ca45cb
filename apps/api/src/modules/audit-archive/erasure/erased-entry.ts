import type { SealedEntry } from '@coditect/audit-chain/entry';
import { addressesAt, ERASED, hasIp, mentions, type Person } from '#modules/audit/erasure/personal-data';

/**
 * Returns the entry without the personal data of these people, by the rules of AuditErasure. Its digests stay, so the
 * chain stays valid. Returns the same object if there is nothing to erase.
 */
export function erasedEntry(entry: SealedEntry, people: readonly Person[], now: Date): SealedEntry {
  return people.reduce(
    (left, person) => (left.tenant_id === person.tenantId ? erased(left, person, now) : left),
    entry,
  );
}

function erased(entry: SealedEntry, person: Person, now: Date): SealedEntry {
  const { userId } = person;
  const emails = addressesAt(person, new Date(entry.occurred_at));
  const { before, after } = entry;
  const actsAs = entry.actor_id === userId || emails.includes(entry.actor_name?.toLowerCase() ?? '');
  const isAbout = entry.resource_type === 'user' && entry.resource_id === userId && entry.action !== ERASED;
  const hasActor = [entry.actor_name, entry.ip, entry.user_agent].some((value) => value !== null);
  const hasDetail = before !== null || after !== null;
  const tells = isAbout || mentions([before, after], emails) || (actsAs && (hasIp(before) || hasIp(after)));
  const detail = hasDetail && tells;
  const actor = hasActor && (actsAs || (entry.actor_id === null && entry.ip !== null && detail));
  if (!actor && !detail) return entry;
  return {
    ...entry,
    ...(actor && { actor_name: null, ip: null, user_agent: null, actor_salt: null }),
    ...(detail && { before: null, after: null, detail_salt: null }),
    erased_at: entry.erased_at ?? now.toISOString(),
  };
}
