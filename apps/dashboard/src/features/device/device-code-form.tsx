import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { userCodeShown } from './device-search.ts';

interface DeviceCodeFormProps {
  initial: string | undefined;
  error: string | undefined;
  onSubmit: (code: string) => void;
}

/** Asks for the code that the device shows. */
export function DeviceCodeForm({ initial = '', error, onSubmit }: DeviceCodeFormProps) {
  const { t } = useTranslation('device');
  const [typed, setTyped] = useState(initial);
  const [checked, setChecked] = useState(false);
  const code = userCodeShown(typed);
  const complete = code.length === 9;
  const fault = checked && !complete ? t('incomplete') : typed === initial ? error : undefined;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (complete) onSubmit(code);
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <Field label={t('code')} hint={t('codeHint')} error={fault}>
        <Input
          name="user-code"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          placeholder="XXXX-XXXX"
          maxLength={20}
          className="max-w-60 font-mono text-base tracking-widest uppercase"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <Button type="submit" className="justify-self-start">
        {t('continue')}
      </Button>
    </form>
  );
}
