import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useReturnFocus } from './return-focus.ts';

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
}

/** Details of one item beside its list: on the right, or over the whole screen on phones. */
export function Drawer({ open, onClose, title, description, children }: DrawerProps) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50 data-[state=open]:animate-in data-[state=open]:fade-in-0" />
        <Radix.Content
          {...returnFocus}
          {...(!description && { 'aria-describedby': undefined })}
          className="fixed inset-y-0 right-0 z-40 flex w-full max-w-lg flex-col gap-6 overflow-y-auto border-l bg-raised p-6 shadow-xl data-[state=open]:animate-in data-[state=open]:slide-in-from-right"
        >
          <div className="grid gap-1 pr-10">
            <Radix.Title className="text-lg font-semibold break-words">{title}</Radix.Title>
            {description ? (
              <Radix.Description asChild>
                <div className="text-sm break-words text-muted-foreground">{description}</div>
              </Radix.Description>
            ) : null}
          </div>
          {children}
          <Radix.Close
            className="absolute top-5 right-4 grid size-8 place-items-center rounded-lg text-muted-foreground hover:bg-muted"
            aria-label={t('close')}
          >
            <X className="size-4" aria-hidden />
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Names and values of the item. */
export const Details = ({ children }: { children: ReactNode }) => (
  <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-3 text-sm">{children}</dl>
);
export const Detail = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-muted-foreground">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </>
);
