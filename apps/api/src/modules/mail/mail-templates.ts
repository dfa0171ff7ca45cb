import { escapeHtml as escape } from './html.js';
import type { Mail } from './mail.service.js';

interface MailText {
  subject: string;
  /** Paragraphs of text. A paragraph that is only a URL is shown as a button and a link. */
  paragraphs: string[];
}

/** Formats a timestamp as date and time in UTC, which reads the same in every country. */
function when(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`;
}

const NOT_YOU = 'If that was not you, you need not do anything.';

/** Formats a name that a user chose, so that it cannot pass for our own text: on one line, in quotes, and without
 *  characters that change the reading direction. */
function named(name: string): string {
  const line = name
    .replaceAll(/\p{Bidi_Control}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('"', "'");
  return `"${line.trim()}"`;
}

type Texts = { [Template in Mail['template']]: (data: Extract<Mail, { template: Template }>['data']) => MailText };

/** The text of each mail. It must make sense without the page that it links to. */
const texts: Texts = {
  invitation: ({ tenant, inviter, role, url, expires_at }) => ({
    subject: `Join ${named(tenant)} on CODITECT`,
    paragraphs: [
      `${named(inviter)} invites you to join ${named(tenant)} as ${role}.`,
      url,
      `The link works until ${when(expires_at)}.`,
      'If you do not know why you get this, ignore it.',
    ],
  }),
  password_reset: ({ tenant, url, expires_at }) => ({
    subject: `Set a new password for ${named(tenant)}`,
    paragraphs: [
      `A new password was requested for your account at ${named(tenant)}.`,
      url,
      `The link works once, until ${when(expires_at)}.`,
      NOT_YOU,
    ],
  }),
  password_changed: ({ tenant, at, api_keys_revoked }) => ({
    subject: `Your password for ${named(tenant)} was changed`,
    paragraphs: [
      `The password of your account at ${named(tenant)} was changed at ${when(at)}. Other logins have ended.`,
      ...(api_keys_revoked > 0 ? [`Your API keys, ${api_keys_revoked} in all, were revoked. Make new ones.`] : []),
      'If that was not you, set a new password now and tell an admin.',
    ],
  }),
  email_verification: ({ tenant, url, expires_at }) => ({
    subject: `Verify your e-mail address for ${named(tenant)}`,
    paragraphs: ['Follow the link to verify this address.', url, `It works until ${when(expires_at)}.`, NOT_YOU],
  }),
  email_change: ({ tenant, url, expires_at }) => ({
    subject: `Confirm your new e-mail address for ${named(tenant)}`,
    paragraphs: [
      `A request was made to use this address for an account at ${named(tenant)}. Follow the link if that was you.`,
      url,
      `It works once, until ${when(expires_at)}. Then all logins of the account end; sign in with this address.`,
      NOT_YOU,
    ],
  }),
  email_change_requested: ({ tenant, email, at }) => ({
    subject: `A new e-mail address for ${named(tenant)} was requested`,
    paragraphs: [
      `At ${when(at)} a change of the address of your account at ${named(tenant)} to ${email} was requested. Nothing changes until it is confirmed from there.`,
      'If that was not you, set a new password now, which prevents it, and tell an admin.',
    ],
  }),
  email_changed: ({ tenant, email, at }) => ({
    subject: `Your e-mail address for ${named(tenant)} was changed`,
    paragraphs: [
      `The address of your account at ${named(tenant)} was changed to ${email} at ${when(at)}. All logins have ended. This is the last mail to this address.`,
      'If that was not you, tell an admin now.',
    ],
  }),
  two_factor_changed: ({ tenant, enabled, at }) => ({
    subject: `Two-factor sign-in is ${enabled ? 'on' : 'off'} for ${named(tenant)}`,
    paragraphs: [
      `The second factor of your account at ${named(tenant)} was switched ${enabled ? 'on' : 'off'} at ${when(at)}.`,
      'If that was not you, change your password now and tell an admin.',
    ],
  }),
  two_factor_reset: ({ tenant, reset_by, at }) => ({
    subject: `Two-factor sign-in was reset for ${named(tenant)}`,
    paragraphs: [
      `${named(reset_by)} removed the second factor of your account at ${named(tenant)} at ${when(at)}. All logins have ended. Sign in with your password, and set up an authenticator again.`,
      'If you did not ask for that, set a new password now and tell another admin.',
    ],
  }),
  api_key_created: ({ tenant, name, prefix, at }) => ({
    subject: `A new API key for ${named(tenant)}`,
    paragraphs: [
      `The API key ${named(name)} (${prefix}) was created for your account at ${named(tenant)} at ${when(at)}.`,
      'If that was not you, revoke it, set a new password now and tell an admin.',
    ],
  }),
  device_approved: ({ tenant, client_name, ip, at }) => ({
    subject: `A device was signed in to ${named(tenant)}`,
    paragraphs: [
      `${named(client_name)}${ip ? ` at ${ip}` : ''} was approved for your account at ${named(tenant)} at ${when(at)}.`,
      'If that was not you, end its login in your settings, set a new password now and tell an admin.',
    ],
  }),
  identity_linked: ({ tenant, provider, at }) => ({
    subject: `${provider} can now be used to sign in to ${named(tenant)}`,
    paragraphs: [
      `An account at ${provider} was linked to your account at ${named(tenant)} at ${when(at)}.`,
      'If that was not you, unlink it in your settings, set a new password now and tell an admin.',
    ],
  }),
  tenant_closing: ({ tenant, closed_by, delete_after }) => ({
    subject: `${named(tenant)} is closed and will be deleted`,
    paragraphs: [
      `${named(closed_by)} closed ${named(tenant)}. No seats are granted any more. All its data is deleted after ${when(delete_after)}.`,
      'Until then an owner can export the data, or reopen the organization in its settings.',
    ],
  }),
  webhook_disabled: ({ tenant, webhook, reason, url, at }) => ({
    subject: `A webhook of ${named(tenant)} was disabled`,
    paragraphs: [
      `Events are no longer sent to ${webhook} since ${when(at)}: ${
        reason === 'gone' ? 'the endpoint answered 410 Gone.' : 'all attempts failed for more than 24 hours.'
      }`,
      'When it works again, enable it and replay what it missed.',
      url,
    ],
  }),
  data_export_ready: ({ tenant, url, expires_at }) => ({
    subject: `The data export of ${named(tenant)} is ready`,
    paragraphs: ['Sign in to download it.', url, `It is there until ${when(expires_at)}.`],
  }),
  license_expiring: ({ tenant, product, expires_at, url }) => ({
    subject: `A license of ${named(tenant)} ends on ${expires_at.slice(0, 10)}`,
    paragraphs: [
      `A license of ${named(tenant)} for ${product} ends at ${when(expires_at)}. From then on it grants no seats.`,
      url,
      'If it has been renewed already, you need not do anything.',
    ],
  }),
  seats_nearly_full: ({ tenant, product, seats_in_use, seats_total, url }) => ({
    subject: `${seats_in_use} of ${seats_total} seats of ${named(tenant)} are in use`,
    paragraphs: [
      `Of a license of ${named(tenant)} for ${product}, ${seats_in_use} of ${seats_total} seats are in use. When all are in use, acquires are refused until a seat is released.`,
      url,
      'You get this mail at most once a day.',
    ],
  }),
  seat_requested: ({ tenant, person, product, seats_in_use, seats_total, url }) => ({
    subject: `${named(person)} asks for a seat of ${named(tenant)}`,
    paragraphs: [
      `${named(person)} needs a seat of ${named(tenant)} for ${product}. ${seats_in_use} of ${seats_total} are in use.`,
      'See who holds them. Ending an unused session frees its seat.',
      url,
    ],
  }),
  payment_failed: ({ tenant, at, url }) => ({
    subject: `A payment for ${named(tenant)} has failed`,
    paragraphs: [
      `The payment for ${named(tenant)} at ${when(at)} did not go through. It will be tried again.`,
      'Check the payment method, so that no seats are lost:',
      url,
    ],
  }),
};

function textOf(mail: Mail): MailText {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the data of a mail are those of its template
  return (texts[mail.template] as (data: Mail['data']) => MailText)(mail.data);
}

/** Renders a mail as plain text and as HTML with the same text. The HTML has no pictures or scripts and loads
 *  nothing. */
export function renderMail(mail: Mail): { subject: string; text: string; html: string } {
  const { subject, paragraphs } = textOf(mail);
  const html = paragraphs.map((paragraph) =>
    isUrl(paragraph)
      ? `<p><a href="${escape(paragraph)}" style="${BUTTON}">Continue</a></p><p style="${SMALL}">${escape(paragraph)}</p>`
      : `<p>${escape(paragraph)}</p>`,
  );
  return {
    subject: subject.replaceAll(/[\r\n]+/g, ' '),
    text: `${paragraphs.join('\n\n')}\n\n-- \nCODITECT\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>${escape(subject)}</title></head><body style="${BODY}">${html.join('\n')}
<p style="${SMALL}">CODITECT</p></body></html>`,
  };
}

const BODY = 'font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem';
const BUTTON =
  'display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#1d4ed8;color:#ffffff;text-decoration:none';
const SMALL = 'font-size:13px;color:#6b7280;overflow-wrap:anywhere';

function isUrl(paragraph: string): boolean {
  return /^https?:\/\/\S+$/.test(paragraph);
}
