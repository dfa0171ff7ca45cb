import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { cn } from '#ui/class-names';

interface InviteeChipsProps {
  emails: readonly string[];
  errorOf: (email: string) => string | undefined;
  onRemove: (email: string) => void;
}

/** The recognized addresses, with the error of each. */
export function InviteeChips({ emails, errorOf, onRemove }: InviteeChipsProps) {
  const { t } = useTranslation('team');
  if (emails.length === 0) return null;
  return (
    <ul aria-label={t('invite.list')} className="flex max-h-40 flex-wrap gap-1.5 overflow-y-auto">
      {emails.map((email) => {
        const error = errorOf(email);
        return (
          <li
            key={email}
            className={cn(
              'flex max-w-full items-center gap-1 rounded-lg py-0.5 pr-0.5 pl-2 text-xs',
              error ? 'bg-danger-soft text-danger-soft-foreground' : 'bg-muted',
            )}
          >
            <span className="min-w-0 break-all">
              {email}
              {error ? <span className="font-medium"> · {error}</span> : null}
            </span>
            <button
              type="button"
              aria-label={t('invite.remove', { email })}
              onClick={() => onRemove(email)}
              className="grid size-6 shrink-0 place-items-center rounded-md hover:bg-background/60"
            >
              <X className="size-3.5" aria-hidden />
            </button>
          </li>
        );
      })}
    </ul>
  );
}
