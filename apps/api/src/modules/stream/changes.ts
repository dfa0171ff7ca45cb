import type { ChangeEventType } from '@coditect/contracts/names';

/** A change of a row in a list that the dashboard keeps up to date. */
export interface Change {
  type: ChangeEventType;
  id: string;
}

const EVENT_TYPES: Record<string, ChangeEventType> = {
  user: 'user.changed',
  invitation: 'invitation.changed',
  project: 'project.changed',
};
/** Actions of signing in and its settings. No list shows them live; "last seen" is only as fresh as the list. */
const NOT_LIVE = /^user\.(log|password_|recovery_code|email_change_requested|two_factor_set_up)/;

/** Returns the live event of an audit entry; undefined if it has none. */
export function changeOf(entry: { action: string; resourceType: string; resourceId: string }): Change | undefined {
  const type = EVENT_TYPES[entry.resourceType];
  return type && !NOT_LIVE.test(entry.action) ? { type, id: entry.resourceId } : undefined;
}
