import { answerOf } from '@coditect/api-client/api-client';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../session/api.ts';
import { EmailLink } from './email-link.tsx';

/** Where the link leads that verifies the address of an account. */
export function VerifyEmailPage() {
  const client = useQueryClient();
  const verify = async (token: string) => {
    await answerOf(api.POST('/api/v1/auth/email/verify', { body: { token } }));
    await client.invalidateQueries({ queryKey: ['me'] });
  };
  return <EmailLink purpose="verify" redeem={verify} next="/" />;
}
