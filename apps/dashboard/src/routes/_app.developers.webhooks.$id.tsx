import { createFileRoute } from '@tanstack/react-router';
import { WebhookPage } from '../features/developers/webhook-page.tsx';

export const Route = createFileRoute('/_app/developers/webhooks/$id')({ component: WebhookPage });
