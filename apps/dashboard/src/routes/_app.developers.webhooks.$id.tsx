import { createFileRoute } from '@tanstack/react-router';
import { webhookSearch } from '#features/developers/developers-search';
import { WebhookPage } from '#features/developers/webhook-page';

export const Route = createFileRoute('/_app/developers/webhooks/$id')({
  validateSearch: webhookSearch,
  component: WebhookPage,
});
