import { useTranslation } from 'react-i18next';
import { type Session, useEndSession } from '#seats/sessions-queries';
import { useMay, useMe } from '#session/me';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { toast } from '#ui/toast';
import { shortMachine } from './lease.tsx';

/** Returns a function that says whether the user can end a session: an own one, or with permission any. */
export function useMayEnd(): (session: Session) => boolean {
  const may = useMay();
  const me = useMe();
  return ({ user, status }) =>
    status === 'active' && may(user.id === me.id ? 'license_session:hold' : 'license_session:end_any');
}

interface EndSessionProps {
  /** The session to end; undefined keeps the dialog closed. */
  session: Session | undefined;
  onClose: () => void;
}

/** Asks before a user loses a seat. That user may be the viewer. */
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
