import { X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { cn } from './class-names.ts';
import { dismissToast, useToasts } from './toast.ts';

const BORDER = { success: 'border-l-success', danger: 'border-l-danger', info: 'border-l-primary' } as const;

/** Shows the toasts. Built on the Radix primitive: ready-made toast libraries insert style elements, which our CSP
 *  refuses. */
export function Toaster() {
  const { t } = useTranslation();
  const toasts = useToasts();
  return (
    <Radix.Provider duration={6000} label={t('notification')}>
      {toasts.map(({ id, text, tone = 'success', action }) => (
        <Radix.Root
          key={id}
          type={tone === 'danger' ? 'foreground' : 'background'}
          duration={action ? 10_000 : 6000}
          onOpenChange={(open) => {
            if (!open) dismissToast(id);
          }}
          className={cn(
            'flex items-center gap-3 rounded-xl border border-l-4 bg-raised p-3.5 shadow-lg data-[state=open]:animate-in data-[state=open]:slide-in-from-bottom-2',
            BORDER[tone],
          )}
        >
          <Radix.Description className="min-w-0 flex-1 text-sm">{text}</Radix.Description>
          {action ? (
            <Radix.Action
              altText={action.label}
              onClick={action.onClick}
              className="rounded-lg px-2 py-1 text-sm font-medium text-link hover:bg-muted"
            >
              {action.label}
            </Radix.Action>
          ) : null}
          <Radix.Close aria-label={t('close')} className="grid size-7 place-items-center rounded-lg hover:bg-muted">
            <X className="size-4" aria-hidden />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-0 bottom-0 z-[60] m-0 flex w-full max-w-sm list-none flex-col gap-2 p-4 outline-none" />
    </Radix.Provider>
  );
}
