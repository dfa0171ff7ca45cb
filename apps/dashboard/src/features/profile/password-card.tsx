import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NewPasswordField } from '#features/sign-in/new-password-field';
import { usePasswordErrors } from '#features/sign-in/password-errors';
import { useProblemText } from '#i18n/problem-text';
import { api } from '#session/api';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { Field } from '#ui/field';
import { Notice } from '#ui/notice';
import { PasswordInput } from '#ui/password-input';
import { toast } from '#ui/toast';

const EMPTY = { current_password: '', new_password: '' };

export function PasswordCard() {
  return useMe().has_password ? <ChangePassword /> : <SetPassword />;
}

/** Sets the first password of a user who signs in at a provider, with the same link as for a forgotten password. */
function SetPassword() {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const { email, tenant } = useMe();
  const send = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/password/forgot', { body: { email, tenant: tenant.slug } })),
  });
  return (
    <Card id="password">
      <CardHeader title={t('password.title')} hint={t('password.none')} />
      <div className="grid justify-items-start gap-4">
        {send.error ? <Notice tone="danger">{problemText(send.error)}</Notice> : null}
        {send.isSuccess ? <Notice tone="success">{t('password.linkSent', { email })}</Notice> : null}
        <p className="max-w-prose text-sm text-muted-foreground">{t('password.byLink', { email })}</p>
        <Button variant="outline" busy={send.isPending} onClick={() => send.mutate()}>
          {t(send.isSuccess ? 'password.sendAgain' : 'password.set')}
        </Button>
      </div>
    </Card>
  );
}

function ChangePassword() {
  const { t } = useTranslation('profile');
  const { email } = useMe();
  const client = useQueryClient();
  const problemText = useProblemText();
  const passwordErrors = usePasswordErrors();
  const [typed, setTyped] = useState(EMPTY);
  const change = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/password/change', { body: typed })),
    onSuccess: () => {
      setTyped(EMPTY);
      void client.invalidateQueries({ queryKey: ['logins'] });
      toast({ text: t('password.changed') });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const problem = change.error instanceof ApiProblem ? change.error : undefined;
  const wrong = problem?.code === 'invalid_credentials' ? t('password.wrong') : undefined;
  const refused = problem && passwordErrors(problem, 'new_password');
  return (
    <Card id="password">
      <CardHeader title={t('password.title')} hint={t('password.text')} />
      <form noValidate onSubmit={submit} className="grid max-w-md gap-4">
        {change.error && !wrong && !refused ? <Notice tone="danger">{problemText(change.error)}</Notice> : null}
        <input type="email" hidden readOnly autoComplete="username" value={email} />
        <Field label={t('password.current')} error={wrong}>
          <PasswordInput
            autoComplete="current-password"
            value={typed.current_password}
            onChange={(event) => setTyped({ ...typed, current_password: event.target.value })}
          />
        </Field>
        <NewPasswordField
          value={typed.new_password}
          onChange={(value) => setTyped({ ...typed, new_password: value })}
          error={refused}
        />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button
            type="submit"
            variant="outline"
            busy={change.isPending}
            disabled={change.isPending || !typed.current_password || !typed.new_password}
          >
            {t('password.submit')}
          </Button>
          <Link
            to="/forgot-password"
            className="inline-flex min-h-6 items-center text-sm text-link underline-offset-4 hover:underline"
          >
            {t('password.forgotten')}
          </Link>
        </div>
      </form>
    </Card>
  );
}
