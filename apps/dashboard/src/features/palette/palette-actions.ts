import { FolderPlus, KeyRound, UserPlus, Webhook } from 'lucide-react';

/** What can be begun from anywhere, with what a person must be allowed to do: each is a dialog of a page, and its URL. */
export const paletteActions = [
  { key: 'invite', icon: UserPlus, permission: 'user:invite', target: { to: '/team', search: { create: true } } },
  {
    key: 'createProject',
    icon: FolderPlus,
    permission: 'project:create',
    target: { to: '/projects', search: { create: true } },
  },
  {
    key: 'createApiKey',
    icon: KeyRound,
    permission: 'api_key:manage',
    target: { to: '/developers', search: { tab: 'api-keys', create: true } },
  },
  {
    key: 'createWebhook',
    icon: Webhook,
    permission: 'webhook:manage',
    target: { to: '/developers', search: { tab: 'webhooks', create: true } },
  },
] as const;
