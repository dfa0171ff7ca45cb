import { MAX_API_KEY_NAME_LENGTH } from '@coditect/contracts/names';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { fieldError, isAboutNoField } from '#session/field-error';
import { useMay } from '#session/me';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Input, Select } from '#ui/input';
import { useCreateApiKey } from './api-key-changes.ts';
import { scopePresets } from './api-key-scopes.ts';
import { ScopeFields } from './scope-fields.tsx';

const LIVES_IN_DAYS = [7, 30, 90, 180, 365];
const NEVER = 'never';
const FIELDS = ['name', 'scopes', 'expires_in_days'];

interface KeyForm {
  name: string;
  scopes: Message['ApiKeyScope'][];
  /** Number of days, or `never`. */
  life: string;
}

interface CreateApiKeyDialogProps {
  onCreated: (key: Message['CreatedApiKey']) => void;
  onClose: () => void;
}

export function CreateApiKeyDialog({ onCreated, onClose }: CreateApiKeyDialogProps) {
  const { t } = useTranslation('developers');
  const may = useMay();
  const problemText = useProblemText();
  const { register, control, handleSubmit, formState } = useForm<KeyForm>({
    defaultValues: { name: '', scopes: [...scopePresets.sdk], life: '90' },
  });
  const { mutate, error, isPending } = useCreateApiKey();
  const create = ({ name, scopes, life }: KeyForm) =>
    mutate({ name, scopes, expires_in_days: life === NEVER ? null : Number(life) }, { onSuccess: onCreated });
  const { errors } = formState;
  return (
    <Dialog wide open onOpenChange={onClose} title={t('keys.create')} description={t('keys.createText')}>
      <form className="grid grid-cols-1 gap-5" noValidate onSubmit={handleSubmit(create)}>
        <Field
          label={t('keys.name')}
          hint={t('keys.nameHint')}
          error={errors.name?.message ?? fieldError(error, 'name')}
        >
          <Input
            autoComplete="off"
            maxLength={MAX_API_KEY_NAME_LENGTH}
            {...register('name', { required: t('keys.nameMissing') })}
          />
        </Field>
        <Controller
          control={control}
          name="scopes"
          rules={{ validate: (scopes) => scopes.length > 0 || t('keys.scopesMissing') }}
          render={({ field: { value, onChange } }) => (
            <ScopeFields
              value={value}
              onChange={onChange}
              error={errors.scopes?.message ?? fieldError(error, 'scopes')}
            />
          )}
        />
        <Field label={t('keys.life')} error={fieldError(error, 'expires_in_days')}>
          <Select {...register('life')}>
            {LIVES_IN_DAYS.map((days) => (
              <option key={days} value={days}>
                {t('keys.days', { count: days })}
              </option>
            ))}
            {may('api_key:manage_any') ? <option value={NEVER}>{t('keys.never')}</option> : null}
          </Select>
        </Field>
        <FormAlert>{isAboutNoField(error, FIELDS) ? problemText(error) : null}</FormAlert>
        <DialogFooter onCancel={onClose}>
          <Button type="submit" busy={isPending}>
            {t('keys.create')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
