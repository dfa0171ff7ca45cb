import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_NAME_LENGTH } from '@coditect/contracts/names';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { BadgeCheck, TriangleAlert } from 'lucide-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api } from '#session/api';
import { meQuery, useMe } from '#session/me';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { Field } from '#ui/field';
import { Input } from '#ui/input';
import { toast } from '#ui/toast';
import { EmailDialog } from './email-dialog.tsx';

export function AccountCard() {
  const { t } = useTranslation('profile');
  const { t: common } = useTranslation();
  const { tenant, role } = useMe();
  return (
    <Card>
      <CardHeader title={t('account.title')} hint={`${tenant.name} · ${common(`roles.${role}`)}`} />
      <div className="grid gap-6">
        <NameForm />
        <EmailAddress />
      </div>
    </Card>
  );
}

function NameForm() {
  const { t } = useTranslation('profile');
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const problemText = useProblemText();
  const me = useMe();
  const [name, setName] = useState(me.name);
  const save = useMutation({
    mutationFn: () => answerOf(api.PATCH('/api/v1/auth/me', { body: { name: name.trim() } })),
    onSuccess: async (user) => {
      setName(user.name);
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
      void client.invalidateQueries({ queryKey: ['users'] });
      toast({ text: common('saved') });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const refused =
    save.error instanceof ApiProblem ? save.error.errors.find(({ path }) => path === 'name')?.message : undefined;
  return (
    <form noValidate onSubmit={submit} className="flex flex-col items-start gap-3 sm:flex-row">
      <div className="w-full min-w-0 sm:max-w-md">
        <Field label={t('account.name')} error={refused ?? (save.error ? problemText(save.error) : undefined)}>
          <Input
            autoComplete="name"
            maxLength={MAX_NAME_LENGTH}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
      </div>
      <Button
        type="submit"
        className="sm:mt-6.5"
        busy={save.isPending}
        disabled={save.isPending || !name.trim() || name.trim() === me.name}
      >
        {common('save')}
      </Button>
    </form>
  );
}

function EmailAddress() {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const { email, email_verified: verified } = useMe();
  const [changing, setChanging] = useState(false);
  const send = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/email/verification')),
    onSuccess: () => toast({ text: t('account.sent', { email }) }),
    onError: (error) => toast({ tone: 'danger', text: problemText(error) }),
  });
  return (
    <div className="grid gap-1.5">
      <p className="text-sm font-medium">{t('account.email')}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="min-w-0 text-sm break-all">{email}</span>
        {verified ? (
          <Badge tone="success">
            <BadgeCheck className="size-3.5" aria-hidden />
            {t('account.verified')}
          </Badge>
        ) : (
          <>
            <Badge tone="warning">
              <TriangleAlert className="size-3.5" aria-hidden />
              {t('account.unverified')}
            </Badge>
            <Button variant="outline" size="sm" busy={send.isPending} onClick={() => send.mutate()}>
              {t('account.verify')}
            </Button>
          </>
        )}
        <Button variant="link" size="sm" className="min-h-6" onClick={() => setChanging(true)}>
          {t('account.change')}
        </Button>
      </div>
      {changing ? <EmailDialog onClose={() => setChanging(false)} /> : null}
    </div>
  );
}
