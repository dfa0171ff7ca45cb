import { FolderPlus, KeyRound, UserPlus, Webhook } from 'lucide-react';

/** Actions that the palette starts, and their permissions. Each opens a dialog of a page by its URL. */
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
