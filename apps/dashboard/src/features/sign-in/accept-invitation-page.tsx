import { answerOf } from '@coditect/api-client/api-client';
import { useTranslation } from 'react-i18next';
import { api } from '#session/api';
import { useAnswer } from '#session/use-request';
import { Notice } from '#ui/notice';
import { ErrorState, Skeleton } from '#ui/states';
import { InvalidLink, isLinkInvalid } from './invalid-link.tsx';
import { InvitationForm } from './invitation-form.tsx';
import { useLinkToken } from './link-token.ts';
import { ProviderButtons } from './provider-buttons.tsx';
import { PublicLayout } from './public-layout.tsx';

const openInvitation = (token: string) =>
  answerOf(api.GET('/api/v1/auth/invitations/{token}', { params: { path: { token } } }));

/** The page that an invitation links to. Shows the organization and role, and lets the user join. */
export function AcceptInvitationPage() {
  const { t } = useTranslation('sign-in');
  const { t: common } = useTranslation();
  const token = useLinkToken();
  const { answer: invitation, error, again } = useAnswer(token, openInvitation);
  if (!token || isLinkInvalid(error))
    return (
      <InvalidLink>
        <Notice tone="info">{t('invalidLink.newInvitation')}</Notice>
      </InvalidLink>
    );
  if (!invitation)
    return (
      <PublicLayout title={t('invitation.opening')}>
        {error ? (
          <ErrorState error={error} onRetry={again} />
        ) : (
          <div role="status" aria-label={common('loading')} className="grid gap-4">
            <Skeleton className="h-9" />
            <Skeleton className="h-9" />
          </div>
        )}
      </PublicLayout>
    );
  const { tenant, role, email } = invitation;
  return (
    <PublicLayout
      title={t('invitation.title', { tenant: tenant.name })}
      description={t('invitation.text', { role: common(`roles.${role}`), email })}
    >
      <InvitationForm token={token} email={email} />
      <ProviderButtons tenant={tenant.slug} returnTo="/" />
    </PublicLayout>
  );
}
