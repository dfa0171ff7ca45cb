import { ApiProblem } from '@coditect/api-client/api-problem';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Input } from '#ui/input';
import { toast } from '#ui/toast';
import { useCloseTenant } from './settings-changes.ts';
import type { Tenant } from './settings-queries.ts';

/** Actions that affect the whole organization. */
export function DangerZone({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('settings');
  const [closing, setClosing] = useState(false);
  return (
    <Card className="border-danger/40 pb-1">
      <CardHeader
        title={t('danger.title')}
        hint={t('danger.text')}
        actions={
          <Button variant="danger" onClick={() => setClosing(true)}>
            {t('danger.open')}
          </Button>
        }
      />
      <Dialog
        open={closing}
        onOpenChange={setClosing}
        title={t('danger.confirmTitle', { name: tenant.name })}
        description={t('danger.confirmText')}
      >
        <CloseForm tenant={tenant} onClose={() => setClosing(false)} />
      </Dialog>
    </Card>
  );
}

/** Asks for the slug, and like the API for the password: access to an unlocked laptop must not be enough. */
function CloseForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const { t } = useTranslation('settings');
  const { t: common } = useTranslation();
  const problemText = useProblemText();
  const close = useCloseTenant();
  const [slug, setSlug] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const wrongPassword = problem instanceof ApiProblem && problem.code === 'invalid_credentials';

  const send = async () => {
    setProblem(undefined);
    try {
      await close.mutateAsync({ tenant, confirm_slug: slug, ...(password && { password }) });
      toast({ text: t('danger.done') });
      onClose();
    } catch (error) {
      setProblem(error);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (slug === tenant.slug) void send();
  };
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Field label={common('confirm.type', { phrase: tenant.slug })}>
        <Input
          value={slug}
          onChange={({ target }) => setSlug(target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      </Field>
      <Field
        label={t('danger.password')}
        hint={t('danger.passwordHint')}
        error={wrongPassword ? t('danger.wrongPassword') : undefined}
      >
        <Input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </Field>
      <FormAlert>{problem && !wrongPassword ? problemText(problem) : null}</FormAlert>
      <DialogFooter onCancel={onClose}>
        <Button type="submit" variant="danger" busy={close.isPending} disabled={slug !== tenant.slug}>
          {t('danger.action')}
        </Button>
      </DialogFooter>
    </form>
  );
}
