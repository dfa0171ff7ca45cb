import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api } from '#session/api';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { Notice } from '#ui/notice';
import { PasswordInput } from '#ui/password-input';
import { toast } from '#ui/toast';

/** Requests the link that confirms a new e-mail address. */
export function EmailDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const [typed, setTyped] = useState({ email: '', password: '' });
  const { has_password: hasPassword } = useMe();
  const email = typed.email.trim();
  const ask = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/auth/email/change', {
          body: { email, ...(typed.password && { current_password: typed.password }) },
        }),
      ),
    onSuccess: () => {
      toast({ text: t('account.changeSent', { email }) });
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  const problem = ask.error instanceof ApiProblem ? ask.error : undefined;
  const wrong = problem?.code === 'invalid_credentials' ? t('password.wrong') : undefined;
  const refused = problem?.errors.some(({ path }) => path === 'email') ? t('account.invalid') : undefined;
  return (
    <Dialog open onOpenChange={onClose} title={t('account.changeTitle')} description={t('account.changeText')}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        {ask.error && !wrong && !refused ? <Notice tone="danger">{problemText(ask.error)}</Notice> : null}
        <Field label={t('account.newEmail')} error={refused}>
          <Input
            type="email"
            autoComplete="email"
            autoCapitalize="none"
            spellCheck={false}
            value={typed.email}
            onChange={(event) => setTyped({ ...typed, email: event.target.value })}
          />
        </Field>
        {hasPassword ? (
          <Field label={t('password.current')} error={wrong}>
            <PasswordInput
              autoComplete="current-password"
              value={typed.password}
              onChange={(event) => setTyped({ ...typed, password: event.target.value })}
            />
          </Field>
        ) : (
          <p className="text-sm text-muted-foreground">{t('password.recentLogin')}</p>
        )}
        <DialogFooter onCancel={onClose}>
          <Button
            type="submit"
            busy={ask.isPending}
            disabled={ask.isPending || !/^\S+@\S+$/.test(email) || (hasPassword && !typed.password)}
          >
            {t('account.changeSubmit')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
