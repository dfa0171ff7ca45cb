import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useNow } from '#live/now';
import type { Session } from '#seats/sessions-queries';
import { Badge, type Tone } from '#ui/badge';
import { cn } from '#ui/class-names';

/** How long the seat stays without another heartbeat. */
export function Lease({ session }: { session: Session }) {
  const { t } = useTranslation('sessions');
  const format = useFormat();
  const end = Date.parse(session.lease_expires_at);
  const left = end - useNow();
  if (left <= 0) return <Badge tone="warning">{t('lapsed')}</Badge>;
  // A client sends a heartbeat every third of its lease: in the last third two are missing.
  const late = left < (end - Date.parse(session.last_heartbeat_at)) / 3;
  return (
    <span className={cn('tabular-nums', late && 'font-medium text-warning')}>{format.countdown(left / 1000)}</span>
  );
}

/** `3 minutes ago`, and so on by itself. */
export function Ago({ at }: { at: string }) {
  const format = useFormat();
  const now = useNow();
  // A clock that runs behind the server's must not tell of the future.
  const moment = new Date(Math.min(Date.parse(at), now));
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {format.relative(moment, new Date(now))}
    </time>
  );
}

const TONES: Record<Session['status'], Tone> = {
  active: 'success',
  released: 'neutral',
  expired: 'warning',
  revoked: 'danger',
};

export function SessionBadge({ status }: { status: Session['status'] }) {
  const { t } = useTranslation('sessions');
  return <Badge tone={TONES[status]}>{t(`status.${status}`)}</Badge>;
}

/** The beginning of a machine's id: enough to tell one's machines apart. */
export const shortMachine = (id: string): string => `${id.slice(0, 8)}…`;
