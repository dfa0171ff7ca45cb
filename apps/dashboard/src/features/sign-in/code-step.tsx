import { MAX_CODE_LENGTH } from '@coditect/contracts/names';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { focusWhenShown } from './focus-when-shown.ts';

interface CodeStepProps {
  /** The error of the last code. */
  error: string | undefined;
  busy: boolean;
  blocked: boolean;
  onSubmit: (code: string) => void;
  onBack: () => void;
}

/** The second factor: a code of the authenticator, or a recovery code. */
export function CodeStep({ error, busy, blocked, onSubmit, onBack }: CodeStepProps) {
  const { t } = useTranslation('sign-in');
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState('');
  const [checked, setChecked] = useState(false);
  const missing = code.replaceAll(/[\s-]/g, '').length < 6;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (!missing) onSubmit(code.trim());
  };
  const change = () => {
    setRecovery(!recovery);
    setCode('');
    setChecked(false);
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <Field
        key={String(recovery)}
        label={t(recovery ? 'code.recovery' : 'code.label')}
        hint={t(recovery ? 'code.recoveryHint' : 'code.hint')}
        error={checked && missing ? t('code.missing') : error}
      >
        <Input
          ref={focusWhenShown}
          name="code"
          autoComplete={recovery ? 'off' : 'one-time-code'}
          inputMode={recovery ? 'text' : 'numeric'}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={MAX_CODE_LENGTH}
          className="font-mono tracking-widest"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </Field>
      <Button type="submit" busy={busy} disabled={blocked || busy} className="w-full">
        {t('code.submit')}
      </Button>
      <div className="flex flex-wrap justify-between gap-x-4">
        <Button variant="link" className="min-h-6" onClick={onBack}>
          {t('back')}
        </Button>
        <Button variant="link" className="min-h-6" onClick={change}>
          {t(recovery ? 'code.useApp' : 'code.useRecovery')}
        </Button>
      </div>
    </form>
  );
}
