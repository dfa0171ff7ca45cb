import { createFileRoute } from '@tanstack/react-router';
import { AcceptInvitationPage } from '../features/sign-in/accept-invitation-page.tsx';

export const Route = createFileRoute('/accept-invitation')({ component: AcceptInvitationPage });
