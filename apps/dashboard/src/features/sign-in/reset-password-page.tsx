import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api } from '#session/api';
import { useRequest } from '#session/use-request';
import { Button } from '#ui/button';
import { Notice } from '#ui/notice';
import { InvalidLink, isLinkInvalid } from './invalid-link.tsx';
import { useLinkToken } from './link-token.ts';
import { NewPasswordField } from './new-password-field.tsx';
import { usePasswordErrors } from './password-errors.ts';
import { PublicLayout } from './public-layout.tsx';
import { NextButton } from './public-link.tsx';

/** The page that the mail for a forgotten password links to. */
export function ResetPasswordPage() {
  const { t } = useTranslation('sign-in');
  const problemText = useProblemText();
  const passwordErrors = usePasswordErrors();
  const token = useLinkToken();
  const [password, setPassword] = useState('');
  const [checked, setChecked] = useState(false);
  const reset = useRequest((link: string) =>
    answerOf(api.POST('/api/v1/auth/password/reset', { body: { token: link, password } })),
  );
  if (!token || isLinkInvalid(reset.error))
    return (
      <InvalidLink>
        <NextButton to="/forgot-password">{t('invalidLink.newPassword')}</NextButton>
      </InvalidLink>
    );
  if (reset.done)
    return (
      <PublicLayout title={t('reset.doneTitle')} description={t('reset.done')}>
        <NextButton to="/sign-in">{t('toSignIn')}</NextButton>
      </PublicLayout>
    );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (password) reset.send(token);
  };
  const refused = reset.error instanceof ApiProblem ? passwordErrors(reset.error, 'password') : undefined;
  return (
    <PublicLayout title={t('reset.title')} description={t('reset.text')}>
      {reset.error && !refused ? <Notice tone="danger">{problemText(reset.error)}</Notice> : null}
      <form noValidate onSubmit={submit} className="grid gap-4">
        <NewPasswordField
          value={password}
          onChange={setPassword}
          error={checked && !password ? t('missing.newPassword') : refused}
        />
        <Button type="submit" busy={reset.busy} className="w-full">
          {t('reset.submit')}
        </Button>
      </form>
    </PublicLayout>
  );
}
