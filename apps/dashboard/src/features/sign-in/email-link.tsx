import { useTranslation } from 'react-i18next';
import { useRequest } from '#session/use-request';
import { Button } from '#ui/button';
import { Notice } from '#ui/notice';
import { InvalidLink, isLinkInvalid } from './invalid-link.tsx';
import { useLinkToken } from './link-token.ts';
import { PublicLayout } from './public-layout.tsx';
import { NextButton } from './public-link.tsx';
import { useSignInError } from './sign-in-errors.ts';

interface EmailLinkProps {
  /** Selects the texts. */
  purpose: 'verify' | 'confirm';
  redeem: (token: string) => Promise<unknown>;
  /** Where to continue. */
  next: '/' | '/sign-in';
}

/** Redeems a link that proves an e-mail address. The user has to confirm: mail scanners open links too. */
export function EmailLink({ purpose, redeem, next }: EmailLinkProps) {
  const { t } = useTranslation('sign-in');
  const errorText = useSignInError();
  const token = useLinkToken();
  const redemption = useRequest(redeem);
  if (!token || isLinkInvalid(redemption.error))
    return (
      <InvalidLink>
        <Notice tone="info">{t('invalidLink.newVerification')}</Notice>
      </InvalidLink>
    );
  if (redemption.done)
    return (
      <PublicLayout title={t(`${purpose}.doneTitle`)} description={t(`${purpose}.done`)}>
        <NextButton to={next}>{t(`${purpose}.goOn`)}</NextButton>
      </PublicLayout>
    );
  return (
    <PublicLayout title={t(`${purpose}.title`)} description={t(`${purpose}.text`)}>
      {redemption.error ? <Notice tone="danger">{errorText.of(redemption.error)}</Notice> : null}
      <Button busy={redemption.busy} onClick={() => redemption.send(token)} className="w-full">
        {t(`${purpose}.submit`)}
      </Button>
    </PublicLayout>
  );
}
