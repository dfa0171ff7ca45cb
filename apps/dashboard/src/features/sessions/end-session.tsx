import { useTranslation } from 'react-i18next';
import { type Session, useEndSession } from '#seats/sessions-queries';
import { useMay, useMe } from '#session/me';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { toast } from '#ui/toast';
import { shortMachine } from './lease.tsx';

/** Whether the person may end a session: one's own, or with the right anybody's. */
export function useMayEnd(): (session: Session) => boolean {
  const may = useMay();
  const me = useMe();
  return ({ user, status }) =>
    status === 'active' && may(user.id === me.id ? 'license_session:hold' : 'license_session:end_any');
}

interface EndSessionProps {
  /** The one to end; undefined while none is asked about. */
  session: Session | undefined;
  onClose: () => void;
}

/** Asks before a seat is taken from a user, which may be the viewer. */
export function EndSession({ session, onClose }: EndSessionProps) {
  const { t } = useTranslation('sessions');
  const me = useMe();
  const end = useEndSession();
  if (!session) return null;
  const own = session.user.id === me.id;
  const about = { name: session.user.name, machine: shortMachine(session.machine_id), seat: session.seat_no };
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={own ? t('end.ownTitle') : t('end.title', about)}
      description={
        <>
          {own ? t('end.ownText', about) : t('end.text', about)} {t('end.told')}
        </>
      }
      action={own ? t('end.release') : t('end.action')}
      danger={!own}
      onConfirm={async () => {
        await end.mutateAsync(session.id);
        toast({ text: own ? t('end.released') : t('end.ended', about) });
      }}
    />
  );
}
