import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_NAME_LENGTH } from '@coditect/contracts/names';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '#session/api';
import { useRequest } from '#session/use-request';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { Notice } from '#ui/notice';
import { NewPasswordField } from './new-password-field.tsx';
import { usePasswordErrors } from './password-errors.ts';
import { useSignInError } from './sign-in-errors.ts';
import { useBeginLogin } from './signed-in.ts';

/** Asks for the name and password of the new user. @param email under which password managers save the password */
export function InvitationForm({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation('sign-in');
  const errorText = useSignInError();
  const passwordErrors = usePasswordErrors();
  const beginLogin = useBeginLogin();
  const [{ name, password }, setTyped] = useState({ name: '', password: '' });
  const [checked, setChecked] = useState(false);
  const accept = useRequest(
    (typed: { name: string; password: string }) =>
      answerOf(
        api.POST('/api/v1/auth/invitations/{token}/accept', {
          params: { path: { token } },
          body: { ...typed, token_delivery: 'cookie' },
        }),
      ),
    { answer: (tokens) => beginLogin(tokens) },
  );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (name.trim() && password) accept.send({ name: name.trim(), password });
  };
  const problem = accept.error instanceof ApiProblem ? accept.error : undefined;
  const refused = {
    name: problem?.errors.find(({ path }) => path === 'name')?.message,
    password: problem && passwordErrors(problem, 'password'),
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      {accept.error && !refused.name && !refused.password ? (
        <Notice tone="danger">{errorText.of(accept.error)}</Notice>
      ) : null}
      <input type="email" hidden readOnly autoComplete="username" value={email} />
      <Field label={t('invitation.name')} error={checked && !name.trim() ? t('missing.name') : refused.name}>
        <Input
          name="name"
          autoComplete="name"
          maxLength={MAX_NAME_LENGTH}
          value={name}
          onChange={(event) => setTyped({ name: event.target.value, password })}
        />
      </Field>
      <NewPasswordField
        label={t('invitation.password')}
        value={password}
        onChange={(value) => setTyped({ name, password: value })}
        error={checked && !password ? t('missing.newPassword') : refused.password}
      />
      <Button type="submit" busy={accept.busy} className="w-full">
        {t('invitation.submit')}
      </Button>
    </form>
  );
}
