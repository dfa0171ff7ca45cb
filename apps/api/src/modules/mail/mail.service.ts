import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import { writeToOutbox } from '#modules/outbox/write-to-outbox';

/** A mail: its receiver, template and data. Links are absolute URLs; times are RFC 3339. */
export type Mail = { to: string } & (
  | { template: 'invitation'; data: { tenant: string; inviter: string; role: string; url: string; expires_at: string } }
  | { template: 'password_reset'; data: { tenant: string; url: string; expires_at: string } }
  | { template: 'password_changed'; data: { tenant: string; at: string; api_keys_revoked: number } }
  | { template: 'email_verification'; data: { tenant: string; url: string; expires_at: string } }
  | { template: 'email_change'; data: { tenant: string; url: string; expires_at: string } }
  | { template: 'email_change_requested'; data: { tenant: string; email: string; at: string } }
  | { template: 'email_changed'; data: { tenant: string; email: string; at: string } }
  | { template: 'two_factor_changed'; data: { tenant: string; enabled: boolean; at: string } }
  | { template: 'two_factor_reset'; data: { tenant: string; reset_by: string; at: string } }
  | { template: 'api_key_created'; data: { tenant: string; name: string; prefix: string; at: string } }
  | { template: 'device_approved'; data: { tenant: string; client_name: string; ip: string | null; at: string } }
  | { template: 'identity_linked'; data: { tenant: string; provider: string; at: string } }
  | { template: 'tenant_closing'; data: { tenant: string; closed_by: string; delete_after: string } }
  | {
      template: 'webhook_disabled';
      data: { tenant: string; webhook: string; reason: 'gone' | 'failing'; url: string; at: string };
    }
  | { template: 'data_export_ready'; data: { tenant: string; url: string; expires_at: string } }
  | { template: 'license_expiring'; data: { tenant: string; product: string; expires_at: string; url: string } }
  | {
      template: 'seats_nearly_full';
      data: { tenant: string; product: string; seats_in_use: number; seats_total: number; url: string };
    }
  | {
      template: 'seat_requested';
      data: { tenant: string; person: string; product: string; seats_in_use: number; seats_total: number; url: string };
    }
  | { template: 'payment_failed'; data: { tenant: string; at: string; url: string } }
);

/** Sends e-mail through the outbox: written in the transaction of the use case, delivered by the worker after the
 *  commit. */
@Injectable()
export class MailService {
  /** Writes a mail into the outbox, in the transaction `tx`. */
  async send(tx: Tx, tenantId: string, mail: Mail): Promise<void> {
    await writeToOutbox(tx, tenantId, { topic: 'email', payload: mail });
  }
}
