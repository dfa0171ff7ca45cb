import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field } from '#ui/field';
import { Select } from '#ui/input';
import { useRotateApiKey } from './api-key-changes.ts';

const OVERLAPS = [0, 1, 24] as const;
const HOUR_SECONDS = 3600;

interface RotateApiKeyDialogProps {
  apiKey: Message['ApiKey'];
  onRotated: (key: Message['CreatedApiKey']) => void;
  onClose: () => void;
}

/** Creates a successor, and asks how long the old key keeps working. */
export function RotateApiKeyDialog({ apiKey, onRotated, onClose }: RotateApiKeyDialogProps) {
  const { t } = useTranslation('developers');
  const problemText = useProblemText();
  const [hours, setHours] = useState<number>(1);
  const { mutate, error, isPending } = useRotateApiKey();
  const rotate = () => mutate({ apiKey, overlapSeconds: hours * HOUR_SECONDS }, { onSuccess: onRotated });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('keys.rotateTitle', { name: apiKey.name })}
      description={t('keys.rotateText')}
    >
      <Field label={t('keys.overlap')} error={error ? problemText(error) : undefined}>
        <Select value={hours} onChange={({ target }) => setHours(Number(target.value))}>
          {OVERLAPS.map((choice) => (
            <option key={choice} value={choice}>
              {choice === 0 ? t('keys.noOverlap') : t('keys.hours', { count: choice })}
            </option>
          ))}
        </Select>
      </Field>
      <DialogFooter onCancel={onClose}>
        <Button busy={isPending} onClick={rotate}>
          {t('keys.rotate')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
