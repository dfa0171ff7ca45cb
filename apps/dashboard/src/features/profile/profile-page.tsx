import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '#shell/page';
import { Preferences } from '#shell/preferences';
import { useSecondFactorMissing } from '#shell/second-factor-notice';
import { Card, CardHeader } from '#ui/card';
import { Notice } from '#ui/notice';
import { AccountCard } from './account-card.tsx';
import { IdentitiesCard } from './identities-card.tsx';
import { LoginsCard } from './logins-card.tsx';
import { PasswordCard } from './password-card.tsx';
import { TwoFactorCard } from './two-factor-card.tsx';

/** The user's own account. */
export function ProfilePage() {
  const { t } = useTranslation('profile');
  const secondFactorMissing = useSecondFactorMissing();
  useScrollToFragment();
  return (
    <Page title={t('title')} description={t('text')}>
      <div className="grid w-full max-w-3xl grid-cols-1 gap-6">
        {secondFactorMissing ? <Notice tone="warning">{t('twoFactor.mandatory')}</Notice> : null}
        <AccountCard />
        <PasswordCard />
        <TwoFactorCard />
        <LoginsCard />
        <IdentitiesCard />
        <Card>
          <CardHeader title={t('appearance.title')} hint={t('appearance.hint')} />
          <Preferences />
        </Card>
      </div>
    </Page>
  );
}

/** Scrolls to the card that the URL names. Mails and the page of a device link to cards before they have loaded. */
function useScrollToFragment(): void {
  useEffect(() => {
    const { hash } = window.location;
    if (hash) document.querySelector(`#${CSS.escape(hash.slice(1))}`)?.scrollIntoView();
  }, []);
}
