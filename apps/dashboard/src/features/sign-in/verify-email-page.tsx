import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problem-text.ts';
import { api } from '../../session/api.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { InvalidLink, isLinkInvalid } from './invalid-link.tsx';
import { useLinkToken } from './link-token.ts';
import { PublicLayout } from './public-layout.tsx';
import { NextButton } from './public-link.tsx';

/** Where the link leads that proves an address. A person confirms: programs that look into mails open links too. */
export function VerifyEmailPage() {
  const { t } = useTranslation('sign-in');
  const problemText = useProblemText();
  const client = useQueryClient();
  const token = useLinkToken();
  const verify = useMutation({
    mutationFn: (link: string) => answerOf(api.POST('/api/v1/auth/email/verify', { body: { token: link } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['me'] }),
  });
  if (!token || isLinkInvalid(verify.error))
    return (
      <InvalidLink>
        <Notice tone="info">{t('invalidLink.newVerification')}</Notice>
      </InvalidLink>
    );
  if (verify.isSuccess)
    return (
      <PublicLayout title={t('verify.doneTitle')} description={t('verify.done')}>
        <NextButton to="/">{t('verify.goOn')}</NextButton>
      </PublicLayout>
    );
  return (
    <PublicLayout title={t('verify.title')} description={t('verify.text')}>
      {verify.error ? <Notice tone="danger">{problemText(verify.error)}</Notice> : null}
      <Button busy={verify.isPending} onClick={() => verify.mutate(token)} className="w-full">
        {t('verify.submit')}
      </Button>
    </PublicLayout>
  );
}
