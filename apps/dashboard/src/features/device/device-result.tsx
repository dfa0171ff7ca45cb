import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Button } from '#ui/button';
import { Notice } from '#ui/notice';

export type Decision = 'approved' | 'denied';

export function DeviceResult({ decision, onAnother }: { decision: Decision; onAnother: () => void }) {
  const { t } = useTranslation('device');
  const approved = decision === 'approved';
  return (
    <div className="grid gap-4">
      <Notice tone={approved ? 'success' : 'info'}>{t(approved ? 'approved' : 'denied')}</Notice>
      <div className="flex flex-wrap gap-2">
        <Button variant="outline" onClick={onAnother}>
          {t('another')}
        </Button>
        <Button asChild variant="ghost">
          <Link to="/profile" hash="logins">
            {t('logins')}
          </Link>
        </Button>
      </div>
    </div>
  );
}
