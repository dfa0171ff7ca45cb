import type { Message } from '#session/api';
import { keysOf } from '#shell/keys-of';

/** The types of events, grouped by subject (docs/webhooks.md). */
export const eventGroups = {
  license: ['license.suspended', 'license.revoked', 'license.reinstated', 'license.seats_changed'],
  license_session: [
    'license_session.acquired',
    'license_session.released',
    'license_session.expired',
    'license_session.revoked',
  ],
  denial: ['denial.created'],
  user: ['user.created', 'user.role_changed', 'user.disabled', 'user.enabled', 'user.removed'],
} as const satisfies Record<string, readonly Message['EventType'][]>;

export type EventGroup = keyof typeof eventGroups;
export const eventGroupNames = keysOf(eventGroups);
/** Every type, in the order of the groups. */
export const eventTypes = eventGroupNames.flatMap((group): readonly Message['EventType'][] => eventGroups[group]);
