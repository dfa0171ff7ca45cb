import { MAX_API_KEY_NAME_LENGTH } from '@coditect/contracts/names';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { fieldError } from '#session/field-error';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { toast } from '#ui/toast';
import { useRenameApiKey } from './api-key-changes.ts';

interface RenameApiKeyDialogProps {
  apiKey: Message['ApiKey'];
  onClose: () => void;
}

export function RenameApiKeyDialog({ apiKey, onClose }: RenameApiKeyDialogProps) {
  const { t } = useTranslation('developers');
  const { t: common } = useTranslation();
  const problemText = useProblemText();
  const [name, setName] = useState(apiKey.name);
  const { mutate, error, isPending } = useRenameApiKey();
  const saved = () => {
    toast({ text: common('saved') });
    onClose();
  };
  return (
    <Dialog open onOpenChange={onClose} title={t('keys.renameTitle', { name: apiKey.name })}>
      <form
        className="grid gap-4"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ apiKey, name: name.trim() }, { onSuccess: saved });
        }}
      >
        <Field label={t('keys.name')} error={fieldError(error, 'name') ?? (error ? problemText(error) : undefined)}>
          <Input
            value={name}
            maxLength={MAX_API_KEY_NAME_LENGTH}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
        <DialogFooter onCancel={onClose}>
          <Button type="submit" busy={isPending} disabled={name.trim() === ''}>
            {common('save')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
