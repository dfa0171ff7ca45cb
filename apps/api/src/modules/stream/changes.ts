import type { ChangeEventType } from '@coditect/contracts/stream';

/** Something in a list that people keep open has changed. */
export interface Change {
  type: ChangeEventType;
  id: string;
}

const TOLD: Record<string, ChangeEventType> = {
  user: 'user.changed',
  invitation: 'invitation.changed',
  project: 'project.changed',
};
/** Of signing in and its means: no list shows them, or only as old as it was read, like when somebody was last seen. */
const PRIVATE = /^user\.(log|password_|recovery_code|email_change_requested|two_factor_set_up)/;

/** What the live events tell of an audit entry. */
export function changeOf(entry: { action: string; resourceType: string; resourceId: string }): Change | undefined {
  const type = TOLD[entry.resourceType];
  return type && !PRIVATE.test(entry.action) ? { type, id: entry.resourceId } : undefined;
}
