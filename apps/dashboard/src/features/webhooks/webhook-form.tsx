import {
  type EventResource,
  eventResources,
  eventTypesOf,
  MAX_WEBHOOK_DESCRIPTION_LENGTH,
} from '@coditect/contracts/names';
import { useId } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { fieldError, isAboutNoField } from '#session/field-error';
import { Button } from '#ui/button';
import { DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Checkbox, Input } from '#ui/input';

const FIELDS = ['url', 'description', 'event_types'];

type Values = Required<Pick<Message['CreateWebhookRequest'], 'url' | 'description' | 'event_types'>>;
type Types = Values['event_types'];

interface WebhookFormProps {
  /** Label of the submit button. */
  action: string;
  defaults: Message['CreateWebhookRequest'];
  error: Error | null;
  busy: boolean;
  onSubmit: (values: Values) => void;
  onClose: () => void;
}

export function WebhookForm({ action, defaults, error, busy, onSubmit, onClose }: WebhookFormProps) {
  const { t } = useTranslation('developers');
  const problemText = useProblemText();
  const { url, description, event_types } = defaults;
  const { register, control, handleSubmit, formState } = useForm<Values>({
    defaultValues: { url, description, event_types },
  });
  const { errors } = formState;
  return (
    <form className="grid grid-cols-1 gap-5" noValidate onSubmit={handleSubmit(onSubmit)}>
      <Field
        label={t('webhooks.url')}
        hint={t('webhooks.urlHint')}
        error={errors.url?.message ?? fieldError(error, 'url')}
      >
        <Input
          type="url"
          autoComplete="off"
          placeholder="https://"
          {...register('url', {
            required: t('webhooks.urlWrong'),
            validate: (text) => URL.canParse(text) || t('webhooks.urlWrong'),
          })}
        />
      </Field>
      <Field label={t('webhooks.description')} error={fieldError(error, 'description')}>
        <Input autoComplete="off" maxLength={MAX_WEBHOOK_DESCRIPTION_LENGTH} {...register('description')} />
      </Field>
      <Controller
        control={control}
        name="event_types"
        rules={{ validate: (types) => types.length > 0 || t('webhooks.eventsMissing') }}
        render={({ field: { value, onChange } }) => (
          <EventTypeFields
            value={value}
            onChange={onChange}
            error={errors.event_types?.message ?? fieldError(error, 'event_types')}
          />
        )}
      />
      <FormAlert>{isAboutNoField(error, FIELDS) ? problemText(error) : null}</FormAlert>
      <DialogFooter onCancel={onClose}>
        <Button type="submit" busy={busy}>
          {action}
        </Button>
      </DialogFooter>
    </form>
  );
}

interface EventTypeFieldsProps {
  value: Types;
  onChange: (types: Types) => void;
  error: string | undefined;
}

/** All events, including future types, or a selection. */
function EventTypeFields({ value, onChange, error }: EventTypeFieldsProps) {
  const { t } = useTranslation('developers');
  const errorId = useId();
  const all = value.includes('*');
  return (
    <fieldset className="grid grid-cols-1 gap-3" aria-describedby={error ? errorId : undefined}>
      <legend className="mb-1.5 text-sm font-medium">{t('tabs.events')}</legend>
      <label className="flex min-h-6 items-center gap-2.5 text-sm">
        <Checkbox checked={all} onChange={({ target }) => onChange(target.checked ? ['*'] : [])} />
        {t('webhooks.everything')}
      </label>
      {all ? null : (
        <div className="grid grid-cols-1 gap-4 rounded-lg border p-3 sm:grid-cols-2">
          {eventResources.map((group) => (
            <EventGroupFields key={group} group={group} value={value} onChange={onChange} />
          ))}
        </div>
      )}
      {error ? (
        <p id={errorId} role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}

function EventGroupFields({ group, value, onChange }: { group: EventResource } & Omit<EventTypeFieldsProps, 'error'>) {
  const { t } = useTranslation('developers');
  return (
    <div role="group" aria-label={t(`eventGroups.${group}`)} className="grid content-start gap-1">
      <p className="text-xs font-medium text-muted-foreground">{t(`eventGroups.${group}`)}</p>
      {eventTypesOf[group].map((type) => (
        <label
          key={type}
          className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2.5 rounded-md px-1 py-1 text-sm hover:bg-muted"
        >
          <Checkbox
            className="mt-0.5"
            checked={value.includes(type)}
            onChange={({ target }) =>
              onChange(target.checked ? [...value, type] : value.filter((other) => other !== type))
            }
          />
          <span>{t(`eventTypes.${type}`)}</span>
          <code className="col-start-2 text-xs break-all text-muted-foreground">{type}</code>
        </label>
      ))}
    </div>
  );
}
