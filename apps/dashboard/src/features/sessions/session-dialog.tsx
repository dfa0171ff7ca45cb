import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { type Session, sessionQuery } from '#seats/sessions-queries';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { ErrorState, LoadingRows } from '#ui/states';
import { useMayEnd } from './end-session.tsx';
import { Ago, Lease, SessionBadge } from './lease.tsx';

interface SessionDialogProps {
  id: string;
  /** The session as the list knows it, if it does. */
  known: Session | undefined;
  onClose: () => void;
  onEnd: (session: Session) => void;
}

/** All fields of one session. */
export function SessionDialog({ id, known, onClose, onEnd }: SessionDialogProps) {
  const { t } = useTranslation('sessions');
  const { data, error, refetch } = useQuery({ ...sessionQuery(id), placeholderData: known });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('details.title')} wide>
      {data ? (
        <Details session={data} onEnd={onEnd} />
      ) : error ? (
        <ErrorState what={t('details.title')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Dialog>
  );
}

function Details({ session, onEnd }: { session: Session; onEnd: (session: Session) => void }) {
  const { t } = useTranslation('sessions');
  const { dateTime, number } = useFormat();
  const mayEnd = useMayEnd();
  const reasons: Record<string, string> = t('reasons', { returnObjects: true });
  return (
    <>
      <dl className="grid gap-x-6 gap-y-3 text-sm sm:grid-cols-2">
        <Fact name={t('columns.who')}>
          {session.user.name}
          <span className="block text-muted-foreground">{session.user.email}</span>
        </Fact>
        <Fact name={t('columns.status')}>
          <SessionBadge status={session.status} />
        </Fact>
        <Fact name={t('columns.seat')}>{number(session.seat_no)}</Fact>
        <Fact name={t('columns.started')}>{dateTime(session.started_at)}</Fact>
        <Fact name={t('columns.heartbeat')}>
          <Ago at={session.last_heartbeat_at} />
        </Fact>
        {session.status === 'active' ? (
          <Fact name={t('columns.lease')}>
            <Lease session={session} />
          </Fact>
        ) : (
          <Fact name={t('details.ended')}>
            {session.ended_at ? dateTime(session.ended_at) : null}
            {session.end_reason ? (
              <span className="block text-muted-foreground">{reasons[session.end_reason] ?? session.end_reason}</span>
            ) : null}
          </Fact>
        )}
        <Fact name={t('details.end')}>{dateTime(session.expires_at)}</Fact>
        <Fact name={t('columns.license')}>
          <Link
            to="/licenses/$id"
            params={{ id: session.license_id }}
            className="text-link underline-offset-4 hover:underline"
          >
            {t('details.openLicense')}
          </Link>
        </Fact>
      </dl>
      <dl className="grid gap-2 border-t pt-4 text-sm">
        <CopiedId name={t('details.id')} value={session.id} />
        <CopiedId name={t('details.machine')} value={session.machine_id} />
        <CopiedId name={t('details.user')} value={session.user.id} />
        <CopiedId name={t('details.license')} value={session.license_id} />
      </dl>
      {mayEnd(session) ? (
        <DialogFooter>
          <Button variant="outline" className="text-danger" onClick={() => onEnd(session)}>
            {t('end.action')}
          </Button>
        </DialogFooter>
      ) : null}
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-xs text-muted-foreground">{name}</dt>
    <dd className="mt-0.5 break-words">{children}</dd>
  </div>
);

const CopiedId = ({ name, value }: { name: string; value: string }) => (
  <div className="flex items-center gap-2">
    <dt className="w-28 shrink-0 text-xs text-muted-foreground">{name}</dt>
    <dd className="flex min-w-0 items-center gap-1">
      <code className="min-w-0 text-xs break-all">{value}</code>
      <CopyButton text={value} />
    </dd>
  </div>
);
