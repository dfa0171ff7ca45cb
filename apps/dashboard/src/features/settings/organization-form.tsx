import { ApiProblem } from '@coditect/api-client/api-problem';
import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { useProblemText } from '../../i18n/problem-text.ts';
import { useMay, useMe } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Card, CardHeader } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Field, FormAlert } from '../../ui/field.tsx';
import { Input } from '../../ui/input.tsx';
import { toast } from '../../ui/toast.ts';
import { useUpdateTenant } from './settings-changes.ts';
import type { Tenant } from './settings-queries.ts';

/** As the API takes them (libs/contracts, UpdateTenantRequest). The messages are keys of our texts. */
const Fields = z.object({
  name: z.string().trim().min(1, 'nameMissing').max(200, 'nameTooLong'),
  slug: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'slugRules'),
  contact_email: z.literal('').or(z.email('notAnAddress').max(254, 'notAnAddress')),
});
type Fields = z.infer<typeof Fields>;

const messages = ['nameMissing', 'nameTooLong', 'slugRules', 'notAnAddress'] as const;

/** What the organization is called, how users name it when they sign in, and how to reach it. */
export function OrganizationForm({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('settings');
  const { t: common } = useTranslation();
  const may = useMay();
  const me = useMe();
  const problemText = useProblemText();
  const update = useUpdateTenant();
  const [confirming, setConfirming] = useState<Fields>();
  const { register, handleSubmit, setError, formState } = useForm<Fields>({
    resolver: zodResolver(Fields),
    // What another person changes meanwhile appears, except where this one is typing.
    values: { name: tenant.name, slug: tenant.slug, contact_email: tenant.contact_email ?? '' },
    resetOptions: { keepDirtyValues: true },
  });
  const { errors, isDirty, isSubmitting } = formState;
  const textOf = (message: string | undefined) => {
    const known = messages.find((one) => one === message);
    return known ? t(`organization.${known}`) : message;
  };

  const readOnly = !may('tenant:update') || tenant.status !== 'active';
  const isOwner = me.role === 'owner';
  const save = async ({ name, slug, contact_email }: Fields) => {
    try {
      await update.mutateAsync({
        ...{ tenant, name, contact_email: contact_email || null },
        ...(slug !== tenant.slug && { slug }),
      });
      toast({ text: common('saved') });
    } catch (error) {
      const { errors: problems = [], code = '' } = error instanceof ApiProblem ? error : {};
      const ofFields = problems.filter(({ path }) => path in Fields.shape);
      for (const { path, message } of ofFields) setError(path as keyof Fields, { message });
      if (code === 'slug_taken') setError('slug', { message: problemText(error) });
      else if (ofFields.length === 0) setError('root', { message: problemText(error) });
    }
  };
  const submit = handleSubmit(async (fields) => {
    if (fields.slug === tenant.slug) await save(fields);
    else setConfirming(fields);
  });
  return (
    <Card>
      <CardHeader title={t('organization.title')} />
      <form onSubmit={(event) => void submit(event)} noValidate>
        <fieldset disabled={readOnly} className="grid gap-4">
          <Field label={t('organization.name')} error={textOf(errors.name?.message)}>
            <Input autoComplete="organization" {...register('name')} />
          </Field>
          <Field
            label={t('organization.slug')}
            hint={t(isOwner ? 'organization.slugHint' : 'organization.slugOwnersOnly')}
            error={textOf(errors.slug?.message)}
          >
            <Input
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              readOnly={!isOwner}
              {...register('slug')}
            />
          </Field>
          <Field
            label={t('organization.contactEmail')}
            hint={t('organization.contactEmailHint')}
            error={textOf(errors.contact_email?.message)}
          >
            <Input type="email" autoComplete="off" {...register('contact_email')} />
          </Field>
          <FormAlert>{errors.root?.message}</FormAlert>
          {readOnly ? null : (
            <div className="flex justify-end">
              <Button type="submit" busy={isSubmitting} disabled={!isDirty}>
                {common('save')}
              </Button>
            </div>
          )}
        </fieldset>
      </form>
      <ConfirmDialog
        open={confirming !== undefined}
        onOpenChange={() => setConfirming(undefined)}
        title={t('organization.slugChange.title', { slug: confirming?.slug ?? '' })}
        description={t('organization.slugChange.text', { from: tenant.slug, to: confirming?.slug ?? '' })}
        action={t('organization.slugChange.action')}
        onConfirm={() => (confirming ? save(confirming) : Promise.resolve())}
      />
    </Card>
  );
}
