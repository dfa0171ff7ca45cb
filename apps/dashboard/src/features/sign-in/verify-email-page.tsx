import { answerOf } from '@coditect/api-client/api-client';
import { api } from '#session/api';
import { EmailLink } from './email-link.tsx';

/** The page that verifies the e-mail address of an account. */
export function VerifyEmailPage() {
  const verify = (token: string) => answerOf(api.POST('/api/v1/auth/email/verify', { body: { token } }));
  return <EmailLink purpose="verify" redeem={verify} next="/" />;
}
