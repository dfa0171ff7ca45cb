import { createFileRoute } from '@tanstack/react-router';
import { ConfirmEmailPage } from '#features/sign-in/confirm-email-page';

export const Route = createFileRoute('/confirm-email')({ component: ConfirmEmailPage });
