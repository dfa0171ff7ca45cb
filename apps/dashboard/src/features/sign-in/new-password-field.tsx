import { useTranslation } from 'react-i18next';
import { Field } from '#ui/field';
import { PasswordInput } from '#ui/password-input';

interface NewPasswordFieldProps {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

/** A field for a new password. Shows the rules; only the API checks them. */
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
