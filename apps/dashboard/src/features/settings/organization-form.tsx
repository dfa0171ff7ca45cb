import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_EMAIL_LENGTH, MAX_NAME_LENGTH, TENANT_SLUG } from '@coditect/contracts/names';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { useMay, useMe } from '#session/me';
import { keysOf } from '#shell/keys-of';
import { oneOf } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Field, FormAlert } from '#ui/field';
import { Input } from '#ui/input';
import { toast } from '#ui/toast';
import { useUpdateTenant } from './settings-changes.ts';
import type { Tenant } from './settings-queries.ts';

interface Fields {
  name: string;
  slug: string;
  contact_email: string;
}

/** Looser than the rule of the API, which decides. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Name, short name and contact of the organization. */
export function OrganizationForm({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('settings');
  const { t: common } = useTranslation();
  const may = useMay();
  const me = useMe();
  const problemText = useProblemText();
  const update = useUpdateTenant();
  const [confirming, setConfirming] = useState<Fields>();
  const { register, handleSubmit, setError, formState } = useForm<Fields>({
    // Changes by other users appear in the form, except in fields that this user has edited.
    values: { name: tenant.name, slug: tenant.slug, contact_email: tenant.contact_email ?? '' },
    resetOptions: { keepDirtyValues: true },
  });
  const { errors, isDirty, isSubmitting } = formState;
  const check = {
    name: (name: string) =>
      name.trim() === ''
        ? t('organization.nameMissing')
        : name.trim().length <= MAX_NAME_LENGTH || t('organization.nameTooLong'),
    slug: (slug: string) => TENANT_SLUG.test(slug) || t('organization.slugRules'),
    contact_email: (address: string) =>
      address === '' || (ADDRESS.test(address) && address.length <= MAX_EMAIL_LENGTH) || t('organization.notAnAddress'),
  };

  const readOnly = !may('tenant:update') || tenant.status !== 'active';
  const isOwner = me.role === 'owner';
  const save = async ({ name, slug, contact_email }: Fields) => {
    try {
      await update.mutateAsync({
        tenant,
        name: name.trim(),
        contact_email: contact_email || null,
        ...(slug !== tenant.slug && { slug }),
      });
      toast({ text: common('saved') });
    } catch (error) {
      const { errors: problems = [], code = '' } = error instanceof ApiProblem ? error : {};
      const ofFields = problems.flatMap(({ path, message }) => {
        const field = oneOf(keysOf(check), path);
        return field ? [{ field, message }] : [];
      });
      for (const { field, message } of ofFields) setError(field, { message });
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
          <Field label={t('organization.name')} error={errors.name?.message}>
            <Input autoComplete="organization" {...register('name', { validate: check.name })} />
          </Field>
          <Field
            label={t('organization.slug')}
            hint={t(isOwner ? 'organization.slugHint' : 'organization.slugOwnersOnly')}
            error={errors.slug?.message}
          >
            <Input
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              readOnly={!isOwner}
              {...register('slug', { validate: check.slug })}
            />
          </Field>
          <Field
            label={t('organization.contactEmail')}
            hint={t('organization.contactEmailHint')}
            error={errors.contact_email?.message}
          >
            <Input type="email" autoComplete="off" {...register('contact_email', { validate: check.contact_email })} />
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
