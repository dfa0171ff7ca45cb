import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_CODE_LENGTH, MIN_CODE_LENGTH } from '@coditect/contracts/names';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { Field } from '#ui/field';
import { Input } from '#ui/input';

interface CodeFieldProps {
  hint: string;
  value: string;
  onChange: (value: string) => void;
  /** The error of the last code. */
  error: unknown;
}

/** The API accepts six digits or a recovery code, with or without spaces and hyphens. Nothing shorter is a code. */
export const isCodeComplete = (code: string): boolean => code.replaceAll(/[\s-]/g, '').length >= MIN_CODE_LENGTH;

/** A field for a second-factor code. */
export function CodeField({ hint, value, onChange, error }: CodeFieldProps) {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const wrong = error instanceof ApiProblem && error.code === 'two_factor_invalid';
  return (
    <Field
      label={t('twoFactor.code')}
      hint={hint}
      error={wrong ? t('twoFactor.wrong') : error ? problemText(error) : undefined}
    >
      <Input
        name="code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={MAX_CODE_LENGTH}
        className="max-w-60 font-mono tracking-widest"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
