import { answerOf } from '@coditect/api-client/api-client';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api } from '#session/api';
import { useRequest } from '#session/use-request';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { Notice } from '#ui/notice';
import { PublicLayout } from './public-layout.tsx';
import { PublicLink } from './public-link.tsx';

/** Requests a link that sets a new password. The page does not reveal whether the account exists. */
export function ForgotPasswordPage() {
  const { t } = useTranslation('sign-in');
  const problemText = useProblemText();
  const [email, setEmail] = useState('');
  const [checked, setChecked] = useState(false);
  const valid = /^\S+@\S+$/.test(email.trim());
  const ask = useRequest((to: string) => answerOf(api.POST('/api/v1/auth/password/forgot', { body: { email: to } })));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (valid) ask.send(email.trim());
  };
  if (ask.done)
    return (
      <PublicLayout title={t('forgot.sentTitle')}>
        <Notice tone="success">{t('forgot.sent', { email: email.trim() })}</Notice>
        <Button variant="outline" onClick={() => ask.reset()}>
          {t('forgot.again')}
        </Button>
        <PublicLink to="/sign-in">{t('backToSignIn')}</PublicLink>
      </PublicLayout>
    );
  return (
    <PublicLayout title={t('forgot.title')} description={t('forgot.text')}>
      {ask.error ? <Notice tone="danger">{problemText(ask.error)}</Notice> : null}
      <form noValidate onSubmit={submit} className="grid gap-4">
        <Field label={t('email')} error={checked && !valid ? t('missing.email') : undefined}>
          <Input
            type="email"
            name="email"
            autoComplete="username"
            inputMode="email"
            autoCapitalize="none"
            spellCheck={false}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Button type="submit" busy={ask.busy} className="w-full">
          {t('forgot.submit')}
        </Button>
      </form>
      <PublicLink to="/sign-in">{t('backToSignIn')}</PublicLink>
    </PublicLayout>
  );
}
