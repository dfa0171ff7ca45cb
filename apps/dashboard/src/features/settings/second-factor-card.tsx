import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { useMay, useMe } from '#session/me';
import { Card, CardHeader } from '#ui/card';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Checkbox } from '#ui/input';
import { toast } from '#ui/toast';
import { useUpdateTenant } from './settings-changes.ts';
import type { Tenant } from './settings-queries.ts';

/** Whether all users need a second factor. A user without one cannot turn this on: it would lock out that user first. */
export function SecondFactorCard({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation('settings');
  const { t: common } = useTranslation();
  const me = useMe();
  const may = useMay();
  const problemText = useProblemText();
  const update = useUpdateTenant();
  const [confirming, setConfirming] = useState(false);
  const required = tenant.require_two_factor;
  const lacksOwn = !required && !me.two_factor_enabled;
  const mayChange = may('tenant:update') && tenant.status === 'active';

  const change = async (wanted: boolean) => {
    await update.mutateAsync({ tenant, require_two_factor: wanted });
    toast({ text: common('saved') });
  };
  const toggle = () => {
    if (required) change(false).catch((error: unknown) => toast({ text: problemText(error), tone: 'danger' }));
    else setConfirming(true);
  };
  return (
    <Card>
      <CardHeader title={t('secondFactor.title')} />
      <label className="flex items-start gap-3 text-sm">
        <Checkbox
          className="mt-0.5"
          checked={required}
          disabled={!mayChange || lacksOwn || update.isPending}
          aria-describedby="second-factor-hint"
          onChange={toggle}
        />
        <span className="font-medium">{t('secondFactor.require')}</span>
      </label>
      <p id="second-factor-hint" className="mt-1 pl-7 text-sm text-muted-foreground">
        {t('secondFactor.hint')}{' '}
        {mayChange && lacksOwn ? (
          <>
            {t('secondFactor.ownFirst')}{' '}
            <Link to="/profile" className="text-link underline underline-offset-4">
              {t('secondFactor.setUp')}
            </Link>
          </>
        ) : null}
      </p>
      <ConfirmDialog
        open={confirming}
        onOpenChange={setConfirming}
        title={t('secondFactor.confirm.title')}
        description={t('secondFactor.confirm.text')}
        action={t('secondFactor.confirm.action')}
        onConfirm={() => change(true)}
      />
    </Card>
  );
}
