import { keysOf } from '#shell/keys-of';
import type { Tone } from '#ui/badge';

/**
 * The recorded actions by type of resource (docs/audit.md). An action that is missing here is shown by its raw name.
 */
export const auditActions = {
  api_key: ['created', 'renamed', 'rotated', 'revoked', 'deleted'],
  audit_log: ['exported', 'erased'],
  data_export: ['requested', 'completed', 'failed', 'downloaded', 'expired'],
  device: ['approved', 'denied'],
  identity: ['linked', 'unlinked'],
  invitation: ['created', 'resent', 'accepted', 'revoked'],
  license: ['suspended', 'revoked', 'reinstated', 'seats_changed', 'seat_requested'],
  license_session: ['acquired', 'released', 'expired', 'revoked'],
  login: ['revoked'],
  project: ['created', 'updated', 'archived', 'restored', 'deleted'],
  refresh_token: ['reused'],
  tenant: ['updated', 'suspended', 'reinstated', 'closed', 'reopened'],
  user: [
    'created',
    'updated',
    'role_changed',
    'disabled',
    'enabled',
    'removed',
    'erased',
    'logged_in',
    'login_failed',
    'login_challenged',
    'logged_out',
    'logged_out_everywhere',
    'email_verification_requested',
    'email_verified',
    'password_changed',
    'password_reset_requested',
    'password_reset',
    'two_factor_set_up',
    'two_factor_enabled',
    'two_factor_disabled',
    'two_factor_reset',
    'recovery_code_used',
    'recovery_codes_renewed',
    'email_change_requested',
    'email_changed',
  ],
  webhook: [
    'created',
    'updated',
    'deleted',
    'enabled',
    'disabled',
    'secret_rotated',
    'tested',
    'replayed',
    'delivery_retried',
  ],
} as const satisfies Record<string, readonly string[]>;

export const actionGroups = keysOf(auditActions);

/** The types of resource to filter by. Entries of the `refresh_token` group are recorded with another type. */
export const resourceTypes = actionGroups.filter((group) => group !== 'refresh_token');

const DANGER =
  /\.(revoked|deleted|removed|erased|suspended|closed|denied|failed|reused|login_failed|two_factor_disabled|two_factor_reset)$/;
const WARNING =
  /\.(disabled|expired|role_changed|seats_changed|password_reset|secret_rotated|recovery_code_used|unlinked|email_changed)$/;
const SUCCESS =
  /\.(created|approved|accepted|enabled|reinstated|restored|reopened|acquired|linked|two_factor_enabled)$/;

/** How prominently an action is shown. */
export function actionTone(action: string): Tone {
  if (DANGER.test(action)) return 'danger';
  if (WARNING.test(action)) return 'warning';
  return SUCCESS.test(action) ? 'success' : 'neutral';
}
