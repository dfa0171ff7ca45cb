import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Badge, type Tone } from '#ui/badge';
import type { Invitation, User } from './team-queries.ts';

const USER_TONES = { active: 'success', disabled: 'warning', removed: 'neutral' } as const satisfies Record<
  User['status'],
  Tone
>;
const INVITATION_TONES = {
  pending: 'info',
  accepted: 'success',
  revoked: 'neutral',
  expired: 'warning',
} as const satisfies Record<Invitation['status'], Tone>;

export function UserStatusBadge({ status }: Pick<User, 'status'>) {
  const { t } = useTranslation('team');
  return <Badge tone={USER_TONES[status]}>{t(`status.${status}`)}</Badge>;
}

export function InvitationStatusBadge({ status }: Pick<Invitation, 'status'>) {
  const { t } = useTranslation('team');
  return <Badge tone={INVITATION_TONES[status]}>{t(`invitationStatus.${status}`)}</Badge>;
}

export function SecondFactor({ on }: { on: boolean }) {
  const { t } = useTranslation('team');
  const Icon = on ? ShieldCheck : ShieldOff;
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <Icon className={on ? 'size-4 text-success' : 'size-4 text-muted-foreground'} aria-hidden />
      {t(on ? 'secondFactor.on' : 'secondFactor.off')}
    </span>
  );
}
