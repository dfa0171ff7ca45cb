import { createFileRoute } from '@tanstack/react-router';
import { AcceptInvitationPage } from '#features/sign-in/accept-invitation-page';

export const Route = createFileRoute('/accept-invitation')({ component: AcceptInvitationPage });
