import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Session } from '#seats/sessions-queries';
import { Ago, Lease, shortMachine } from './lease.tsx';

/** A few sessions, one line each, with links to their details. */
export function SessionItems({ sessions }: { sessions: readonly Session[] }) {
  const { t } = useTranslation('sessions');
  return (
    <ul className="divide-y border-t">
      {sessions.map((session) => (
        <li key={session.id} className="flex items-center justify-between gap-4 px-5 py-2.5 text-sm">
          <span className="min-w-0">
            <Link
              to="/sessions"
              search={{ id: session.id }}
              className="block truncate font-medium text-link underline-offset-4 hover:underline"
            >
              {session.user.name}
            </Link>
            <span className="block truncate text-xs text-muted-foreground">
              {t('item', { seat: session.seat_no, machine: shortMachine(session.machine_id) })} ·{' '}
              <Ago at={session.started_at} />
            </span>
          </span>
          <span className="shrink-0 text-right">
            <span className="block text-xs text-muted-foreground">{t('columns.lease')}</span>
            <Lease session={session} />
          </span>
        </li>
      ))}
    </ul>
  );
}
