import {
  ChartSpline,
  Code,
  CreditCard,
  FolderKanban,
  Gauge,
  KeyRound,
  MonitorSmartphone,
  ScrollText,
  Settings,
  Users,
} from 'lucide-react';

/** The pages of the navigation. Each has the permission it needs, and the key that opens it after `g`. */
export const pages = [
  { key: 'overview', to: '/', icon: Gauge, permission: 'license:read', shortcut: 'o' },
  { key: 'sessions', to: '/sessions', icon: MonitorSmartphone, permission: 'license_session:read', shortcut: 's' },
  { key: 'licenses', to: '/licenses', icon: KeyRound, permission: 'license:read', shortcut: 'l' },
  { key: 'team', to: '/team', icon: Users, permission: 'user:read', shortcut: 't' },
  { key: 'projects', to: '/projects', icon: FolderKanban, permission: 'project:read', shortcut: 'p' },
  { key: 'analytics', to: '/analytics', icon: ChartSpline, permission: 'analytics:read', shortcut: 'a' },
  { key: 'billing', to: '/billing', icon: CreditCard, permission: 'tenant:read', shortcut: 'b' },
  { key: 'audit', to: '/audit', icon: ScrollText, permission: 'audit:read', shortcut: 'u' },
  { key: 'developers', to: '/developers', icon: Code, permission: 'api_key:manage', shortcut: 'd' },
  { key: 'settings', to: '/settings', icon: Settings, permission: 'tenant:read', shortcut: ',' },
] as const;
