import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ShieldAlert, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf } from '@coditect/api-client/api-client';
import { api } from '#session/api';
import { meQuery, useMe } from '#session/me';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { Notice } from '#ui/notice';
import { ErrorState, Skeleton } from '#ui/states';
import { toast } from '#ui/toast';
import { CodeDialog } from './code-dialog.tsx';
import { secondFactorQuery } from './profile-queries.ts';
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx';
import { SetUpDialog } from './set-up-dialog.tsx';

/** The card warns when this many recovery codes or fewer are left. */
const FEW_CODES = 3;

type Open = 'set-up' | 'renew' | 'disable';

/** The status of the second factor, and its actions. */
export function TwoFactorCard() {
  const { t } = useTranslation('profile');
  const client = useQueryClient();
  const { two_factor_required: required } = useMe();
  const { data: status, error, refetch } = useQuery(secondFactorQuery);
  const [open, setOpen] = useState<Open>();
  const [codes, setCodes] = useState<readonly string[]>();
  const close = () => setOpen(undefined);
  const changed = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: secondFactorQuery.queryKey }),
      client.invalidateQueries({ queryKey: meQuery.queryKey }),
    ]);
  };
  const show = (shown: readonly string[]) => {
    close();
    setCodes(shown);
    void changed();
  };
  const renew = async (code: string) =>
    show((await answerOf(api.POST('/api/v1/auth/two-factor/recovery-codes', { body: { code } }))).recovery_codes);
  const disable = async (code: string) => {
    await answerOf(api.POST('/api/v1/auth/two-factor/totp/disable', { body: { code } }));
    close();
    toast({ text: t('twoFactor.disabled') });
    await changed();
  };
  const badge = status ? (
    <Badge tone={status.enabled ? 'success' : 'neutral'}>
      {status.enabled ? (
        <ShieldCheck className="size-3.5" aria-hidden />
      ) : (
        <ShieldAlert className="size-3.5" aria-hidden />
      )}
      {t(status.enabled ? 'twoFactor.on' : 'twoFactor.off')}
    </Badge>
  ) : null;
  return (
    <Card id="two-factor" className="scroll-mt-20">
      <CardHeader title={t('twoFactor.title')} hint={t('twoFactor.text')} actions={badge} />
      {error ? <ErrorState what={t('twoFactor.title')} error={error} onRetry={() => void refetch()} /> : null}
      {!status && !error ? <Skeleton className="h-9 w-40" /> : null}
      {status?.enabled === false ? (
        <Button variant={required ? 'primary' : 'outline'} onClick={() => setOpen('set-up')}>
          {t('twoFactor.setUp')}
        </Button>
      ) : null}
      {status?.enabled ? (
        <div className="grid gap-4">
          {status.recovery_codes_left <= FEW_CODES ? (
            <Notice tone="warning">{t('twoFactor.left', { count: status.recovery_codes_left })}</Notice>
          ) : (
            <p className="text-sm">{t('twoFactor.left', { count: status.recovery_codes_left })}</p>
          )}
          <div className="flex flex-wrap gap-2">
            <Button variant="outline" onClick={() => setOpen('renew')}>
              {t('twoFactor.renew')}
            </Button>
            <Button variant="outline" className="text-danger" onClick={() => setOpen('disable')}>
              {t('twoFactor.disable')}
            </Button>
          </div>
        </div>
      ) : null}
      {open === 'set-up' ? <SetUpDialog onClose={close} onDone={show} /> : null}
      {open === 'renew' ? (
        <CodeDialog
          title={t('twoFactor.renewTitle')}
          text={t('twoFactor.renewText')}
          action={t('twoFactor.renew')}
          onCode={renew}
          onClose={close}
        />
      ) : null}
      {open === 'disable' ? (
        <CodeDialog
          danger
          title={t('twoFactor.disableTitle')}
          text={t(required ? 'twoFactor.disableRequired' : 'twoFactor.disableText')}
          action={t('twoFactor.disable')}
          onCode={disable}
          onClose={close}
        />
      ) : null}
      {codes ? <RecoveryCodesDialog codes={codes} onClose={() => setCodes(undefined)} /> : null}
    </Card>
  );
}
