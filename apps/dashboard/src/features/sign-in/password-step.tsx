import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { PasswordInput } from '#ui/password-input';
import { PublicLink } from './public-link.tsx';

export interface Credentials {
  email: string;
  password: string;
}

interface PasswordStepProps {
  /** What the user typed before coming back to this step. */
  initial: Credentials;
  busy: boolean;
  /** Whether the user has to wait before the next attempt. */
  blocked: boolean;
  onSubmit: (credentials: Credentials) => void;
}

export function PasswordStep({ initial, busy, blocked, onSubmit }: PasswordStepProps) {
  const { t } = useTranslation('sign-in');
  const [{ email, password }, setTyped] = useState(initial);
  const [checked, setChecked] = useState(false);
  const errors = {
    email: /^\S+@\S+$/.test(email.trim()) ? undefined : t('missing.email'),
    password: password ? undefined : t('missing.password'),
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!errors.email && !errors.password) onSubmit({ email: email.trim(), password });
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <Field label={t('email')} error={checked ? errors.email : undefined}>
        <Input
          type="email"
          name="email"
          autoComplete="username"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          value={email}
          onChange={(event) => setTyped({ email: event.target.value, password })}
        />
      </Field>
      <Field label={t('passwordLabel')} error={checked ? errors.password : undefined}>
        <PasswordInput
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setTyped({ email, password: event.target.value })}
        />
      </Field>
      <Button type="submit" busy={busy} disabled={blocked || busy} className="w-full">
        {t('submit')}
      </Button>
      <PublicLink to="/forgot-password">{t('forgotten')}</PublicLink>
    </form>
  );
}
