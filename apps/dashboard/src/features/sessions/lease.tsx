import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useNow } from '#live/now';
import type { Session } from '#seats/sessions-queries';
import { Badge, type Tone } from '#ui/badge';
import { cn } from '#ui/class-names';

/** How long the seat is safe without another heartbeat. */
export function Lease({ session }: { session: Session }) {
  const { t } = useTranslation('sessions');
  const format = useFormat();
  const end = Date.parse(session.lease_expires_at);
  const left = end - useNow();
  if (left <= 0) return <Badge tone="warning">{t('lapsed')}</Badge>;
  // A client sends a heartbeat after each third of its lease. In the last third, two are missing.
  const late = left < (end - Date.parse(session.last_heartbeat_at)) / 3;
  return (
    <span className={cn('tabular-nums', late && 'font-medium text-warning')}>{format.countdown(left / 1000)}</span>
  );
}

/** A relative time, such as `3 minutes ago`, that updates itself. */
export function Ago({ at }: { at: string }) {
  const format = useFormat();
  const now = useNow();
  // If the browser clock runs behind, a past moment must not appear to be in the future.
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

/** The start of a machine id: enough to distinguish the machines of one user. */
export const shortMachine = (id: string): string => `${id.slice(0, 8)}…`;
