import { z } from 'zod';
import { STORABLE_TEXT, TenantSlug } from './common.js';
import { example } from './examples.js';
import { EmailAddress } from './users.js';

/** The limit is 1,024 code points (see NewPassword), and a code point takes at most two UTF-16 units. */
const MAX_UNITS = 2048;

/** A password to check. Signing in does not apply the rules for new passwords. */
export const Password = z.string().min(1).max(MAX_UNITS);

/**
 * A new password: 15 to 1,024 characters of any kind, not on the lists of breached passwords, and without the names of
 * its user, organization or product (NIST SP 800-63B-4, section 3.1.1). The API reports violations field by field.
 */
export const NewPassword = z
  .string()
  .max(MAX_UNITS)
  .regex(STORABLE_TEXT, 'must not contain NUL or half a surrogate pair');

/** The token that a link in an e-mail carries after `#token=`. The API never sends a longer one. */
const LinkToken = z.string().min(1).max(256);

const EXAMPLE_PASSWORD = 'nanoseconds of wire, handed out';

export const ChangePasswordRequest = z.strictObject({ current_password: Password, new_password: NewPassword }).meta({
  id: 'ChangePasswordRequest',
  examples: [{ current_password: 'correct horse battery staple', new_password: EXAMPLE_PASSWORD }],
});
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

export const ForgotPasswordRequest = z
  .strictObject({
    email: EmailAddress,
    tenant: TenantSlug.optional().meta({
      description: 'Slug. Without it, every organization of the e-mail address gets a mail',
    }),
  })
  .meta({ id: 'ForgotPasswordRequest', examples: [{ email: example.email }] });
export type ForgotPasswordRequest = z.infer<typeof ForgotPasswordRequest>;

export const ResetPasswordRequest = z.strictObject({ token: LinkToken, password: NewPassword }).meta({
  id: 'ResetPasswordRequest',
  examples: [
    {
      token: 'cpr_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu',
      password: EXAMPLE_PASSWORD,
    },
  ],
});
export type ResetPasswordRequest = z.infer<typeof ResetPasswordRequest>;

export const ChangeEmailRequest = z
  .strictObject({
    email: EmailAddress,
    current_password: Password.optional().meta({ description: 'Required if the user has a password' }),
  })
  .meta({
    id: 'ChangeEmailRequest',
    examples: [{ email: 'ada.king@acme.example', current_password: 'correct horse battery staple' }],
  });
export type ChangeEmailRequest = z.infer<typeof ChangeEmailRequest>;

export const ConfirmEmailChangeRequest = z.strictObject({ token: LinkToken }).meta({
  id: 'ConfirmEmailChangeRequest',
  examples: [{ token: 'cec_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu' }],
});
export type ConfirmEmailChangeRequest = z.infer<typeof ConfirmEmailChangeRequest>;

export const VerifyEmailRequest = z.strictObject({ token: LinkToken }).meta({
  id: 'VerifyEmailRequest',
  examples: [{ token: 'cev_AZWkv44dfDqfQmHXsMXooUFOZ0hGb3V6N1cxb0ZtVjN4a2xQYzl0UjJiTGVXcVlu' }],
});
export type VerifyEmailRequest = z.infer<typeof VerifyEmailRequest>;
