import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { Button } from './button.tsx';
import { Dialog, DialogFooter } from './dialog.tsx';
import { Field, FormAlert } from './field.tsx';
import { Input } from './input.tsx';

interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, and which people it affects. */
  description: ReactNode;
  /** The verb: "End session", never "OK". */
  action: string;
  danger?: boolean;
  /** A phrase to type before an action that cannot be undone. */
  phrase?: string;
  /** The dialog closes when this succeeds, and shows the error when it throws. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before an action that affects other people. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, action, danger, phrase, onConfirm } = props;
  const { t } = useTranslation();
  const problemText = useProblemText();
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();

  const change = (next: boolean) => {
    setTyped('');
    setError(undefined);
    onOpenChange(next);
  };
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      change(false);
    } catch (caught) {
      setError(problemText(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onOpenChange={change} title={title} description={description}>
      {phrase ? (
        <Field label={t('confirm.type', { phrase })}>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
        </Field>
      ) : null}
      <FormAlert>{error}</FormAlert>
      <DialogFooter onCancel={() => change(false)}>
        <Button
          variant={danger ? 'danger' : 'primary'}
          busy={busy}
          disabled={phrase !== undefined && typed !== phrase}
          onClick={() => void confirm()}
        >
          {action}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
