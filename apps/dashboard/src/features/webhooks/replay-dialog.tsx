import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { fieldError, isAboutNoField } from '#session/field-error';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Input } from '#ui/input';
import { toast } from '#ui/toast';
import { useReplay } from './webhook-changes.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export function ReplayDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('developers');
  const problemText = useProblemText();
  const [from, setFrom] = useState(() => localMinute(new Date(Date.now() - DAY_MS)));
  const [to, setTo] = useState('');
  const { mutate, error, isPending } = useReplay();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate(
      { id, from: new Date(from).toISOString(), ...(to && { to: new Date(to).toISOString() }) },
      {
        onSuccess: ({ deliveries }) => {
          toast({ text: t('replay.done', { count: deliveries }) });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog open onOpenChange={onClose} title={t('replay.title')} description={t('replay.text')}>
      <form className="grid gap-4" noValidate onSubmit={submit}>
        <Field label={t('replay.from')} error={fieldError(error, 'from')}>
          <Input type="datetime-local" value={from} onChange={({ target }) => setFrom(target.value)} />
        </Field>
        <Field label={t('replay.to')} hint={t('replay.toHint')} error={fieldError(error, 'to')}>
          <Input type="datetime-local" value={to} onChange={({ target }) => setTo(target.value)} />
        </Field>
        <FormAlert>{isAboutNoField(error, ['from', 'to']) ? problemText(error) : null}</FormAlert>
        <DialogFooter onCancel={onClose}>
          <Button type="submit" busy={isPending} disabled={from === ''}>
            {t('replay.action')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

/** Formats a moment for `datetime-local` inputs: `2026-11-22T09:30` in the time zone of the browser. */
function localMinute(moment: Date): string {
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
