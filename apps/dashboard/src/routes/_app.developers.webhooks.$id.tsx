import { createFileRoute } from '@tanstack/react-router';
import { WebhookPage } from '#features/webhooks/webhook-page';
import { webhookSearch } from '#features/webhooks/webhook-search';

export const Route = createFileRoute('/_app/developers/webhooks/$id')({
  validateSearch: webhookSearch,
  component: WebhookPage,
});
