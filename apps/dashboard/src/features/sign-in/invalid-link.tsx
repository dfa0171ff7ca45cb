import type { ReactNode } from 'react';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { PublicLayout } from './public-layout.tsx';
import { PublicLink } from './public-link.tsx';

/** Whether a link is of no use any more. */
export const isLinkInvalid = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.code === 'link_invalid' || error.status === 404);

/** A mailed link that is of no use, and how to come by another. */
export function InvalidLink({ children }: { children: ReactNode }) {
  const { t } = useTranslation('sign-in');
  return (
    <PublicLayout title={t('invalidLink.title')} description={t('invalidLink.text')}>
      {children}
      <PublicLink to="/sign-in">{t('toSignIn')}</PublicLink>
    </PublicLayout>
  );
}
