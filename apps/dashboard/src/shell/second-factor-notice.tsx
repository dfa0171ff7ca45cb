import { Link } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { usePageTitle } from './page.tsx';

/** Whether the organization requires a second factor and the user has none. The API then refuses everything but the
 *  user's own account. */
export function useSecondFactorMissing(): boolean {
  const { two_factor_required: required, two_factor_enabled: enabled } = useMe();
  return required && !enabled;
}

/** Replaces every other page until the second factor is set up. */
export function SecondFactorNotice() {
  const { t } = useTranslation();
  const { tenant } = useMe();
  usePageTitle(t('secondFactor.title'));
  return (
    <div className="grid justify-items-center gap-4 px-2 py-16 text-center">
      <span className="grid size-14 place-items-center rounded-2xl bg-primary-soft text-primary-soft-foreground">
        <ShieldCheck className="size-7" aria-hidden />
      </span>
      <h1 className="text-2xl font-semibold tracking-tight">{t('secondFactor.title')}</h1>
      <p className="max-w-md text-sm text-muted-foreground">{t('secondFactor.text', { tenant: tenant.name })}</p>
      <Button asChild>
        <Link to="/profile" hash="two-factor">
          {t('secondFactor.action')}
        </Link>
      </Button>
    </div>
  );
}
