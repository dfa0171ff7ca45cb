import type { ReactNode } from 'react';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useTranslation } from 'react-i18next';
import { PublicLayout } from './public-layout.tsx';
import { PublicLink } from './public-link.tsx';

/** Whether the API refuses a link as unknown, used or expired. */
export const isLinkInvalid = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.code === 'link_invalid' || error.status === 404);

/** Says that a mailed link no longer works, and how to get a new one. */
export function InvalidLink({ children }: { children: ReactNode }) {
  const { t } = useTranslation('sign-in');
  return (
    <PublicLayout title={t('invalidLink.title')} description={t('invalidLink.text')}>
      {children}
      <PublicLink to="/sign-in">{t('toSignIn')}</PublicLink>
    </PublicLayout>
  );
}
