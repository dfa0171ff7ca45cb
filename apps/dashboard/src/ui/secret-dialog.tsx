import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { Dialog, DialogFooter } from './dialog.tsx';
import { Field, FormAlert } from './field.tsx';
import { Checkbox, Input } from './input.tsx';

interface SecretDialogProps {
  title: string;
  /** What the secret is for. */
  description: string;
  label: string;
  secret: string;
  onClose: () => void;
}

/** Shows a secret, which cannot be shown again. Closes only after the user has confirmed that it is saved. */
export function SecretDialog({ title, description, label, secret, onClose }: SecretDialogProps) {
  const { t } = useTranslation();
  const [saved, setSaved] = useState(false);
  const [reminded, setReminded] = useState(false);
  const close = () => (saved ? onClose() : setReminded(true));
  return (
    <Dialog open onOpenChange={close} title={title} description={description}>
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-end gap-2">
        <Field label={label}>
          <Input readOnly value={secret} onFocus={({ target }) => target.select()} className="font-mono text-xs" />
        </Field>
        <CopyButton text={secret} />
      </div>
      <p className="rounded-lg bg-warning-soft px-3 py-2 text-sm text-warning-soft-foreground">{t('secret.once')}</p>
      <label className="flex min-h-6 items-center gap-2 text-sm">
        <Checkbox checked={saved} onChange={({ target }) => setSaved(target.checked)} />
        {t('secret.saved')}
      </label>
      <FormAlert>{reminded && !saved ? t('secret.remind') : null}</FormAlert>
      <DialogFooter>
        <Button onClick={onClose} disabled={!saved}>
          {t('secret.done')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
