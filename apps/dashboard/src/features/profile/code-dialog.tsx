import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { CodeField, isCodeComplete } from './code-field.tsx';

interface CodeDialogProps {
  title: string;
  text: string;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** Performs the action with the code. The dialog shows what it throws. */
  onCode: (code: string) => Promise<void>;
  onClose: () => void;
}

/** Asks for a code before an action that a stolen access token must not be able to do. */
export function CodeDialog({ title, text, action, danger, onCode, onClose }: CodeDialogProps) {
  const { t } = useTranslation('profile');
  const [code, setCode] = useState('');
  const work = useMutation({ mutationFn: () => onCode(code.trim()) });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    work.mutate();
  };
  return (
    <Dialog open onOpenChange={onClose} title={title} description={text}>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <CodeField hint={t('twoFactor.codeOrRecovery')} value={code} onChange={setCode} error={work.error} />
        <DialogFooter onCancel={onClose}>
          <Button
            type="submit"
            variant={danger ? 'danger' : 'primary'}
            busy={work.isPending}
            disabled={work.isPending || !isCodeComplete(code)}
          >
            {action}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
