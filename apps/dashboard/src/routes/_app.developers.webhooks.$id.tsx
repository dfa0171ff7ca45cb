import { createFileRoute } from '@tanstack/react-router';
import { webhookSearch } from '../features/developers/developers-search.ts';
import { WebhookPage } from '../features/developers/webhook-page.tsx';

export const Route = createFileRoute('/_app/developers/webhooks/$id')({
  validateSearch: webhookSearch,
  component: WebhookPage,
});
