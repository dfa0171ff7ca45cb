import { useTranslation } from 'react-i18next';
import { Field } from '#ui/field';
import { PasswordInput } from '#ui/password-input';

interface NewPasswordFieldProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** A password to be set. What it has to be is told before, and judged by the API alone. */
export function NewPasswordField({ label, value, onChange, error }: NewPasswordFieldProps) {
  const { t } = useTranslation('sign-in');
  return (
    <Field label={label ?? t('password.new')} hint={t('password.hint')} error={error}>
      <PasswordInput
        name="new-password"
        autoComplete="new-password"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
