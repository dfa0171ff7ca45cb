import { answerOf } from '@coditect/api-client/api-client';
import { forgetToken } from '#session/access-token';
import { api } from '#session/api';
import { EmailLink } from './email-link.tsx';

/** The page that confirms a new e-mail address. This ends all logins of the account. */
export function ConfirmEmailPage() {
  const confirm = async (token: string) => {
    await answerOf(api.POST('/api/v1/auth/email/change/confirm', { body: { token } }));
    forgetToken();
  };
  return <EmailLink purpose="confirm" redeem={confirm} next="/sign-in" />;
}
