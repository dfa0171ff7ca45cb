import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Checkbox } from '#ui/input';

/**
 * Shows the recovery codes, which cannot be shown again. Closes only after the user has confirmed that they are saved.
 */
export function RecoveryCodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation('profile');
  const { email } = useMe();
  const [kept, setKept] = useState(false);
  const text = codes.join('\n');
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`CODITECT ${email}\n\n${text}\n`)}`;
  const change = () => {
    if (kept) onClose();
  };
  return (
    <Dialog open onOpenChange={change} title={t('recovery.title')} description={t('recovery.text')}>
      <ul className="grid grid-cols-2 gap-x-4 gap-y-1.5 rounded-lg bg-muted p-4 font-mono text-sm">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={text} label={t('recovery.copy')} />
        <Button asChild variant="outline" size="sm">
          <a href={file} download="coditect-recovery-codes.txt">
            <Download aria-hidden />
            {t('recovery.download')}
          </a>
        </Button>
      </div>
      <label className="flex min-h-6 items-center gap-2 text-sm">
        <Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} />
        {t('recovery.kept')}
      </label>
      <DialogFooter>
        <Button disabled={!kept} onClick={onClose}>
          {t('recovery.done')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
