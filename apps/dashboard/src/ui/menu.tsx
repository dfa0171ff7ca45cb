import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names.ts';

/** A menu that opens from a button. */
export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-y-auto rounded-xl border bg-raised p-1.5 shadow-lg data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=open]:zoom-in-95"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  'flex min-h-9 cursor-default items-center gap-2 rounded-lg px-2.5 text-sm outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-muted [&_svg]:size-4';

export const MenuItem = ({ className, danger, ...props }: ComponentProps<typeof Radix.Item> & { danger?: boolean }) => (
  <Radix.Item className={cn(ITEM, danger && 'text-danger', className)} {...props} />
);
export const MenuLabel = ({ className, ...props }: ComponentProps<typeof Radix.Label>) => (
  <Radix.Label className={cn('px-2.5 py-1.5 text-xs text-muted-foreground', className)} {...props} />
);
export const MenuSeparator = () => <Radix.Separator className="-mx-1.5 my-1.5 h-px bg-border" />;

interface MenuChoiceProps<Value extends string> {
  label: string;
  value: string;
  choices: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

/** A choice among a few values; the current one is marked. */
export function MenuChoice<Value extends string>({ label, value, choices, onChange }: MenuChoiceProps<Value>) {
  const choose = (chosen: string) => {
    const choice = choices.find((one) => one.value === chosen);
    if (choice) onChange(choice.value);
  };
  return (
    <>
      <MenuLabel>{label}</MenuLabel>
      <Radix.RadioGroup value={value} onValueChange={choose} aria-label={label}>
        {choices.map((choice) => (
          <Radix.RadioItem key={choice.value} value={choice.value} className={cn(ITEM, 'justify-between')}>
            {choice.label}
            <Radix.ItemIndicator>
              <span className="block size-2 rounded-full bg-primary" />
            </Radix.ItemIndicator>
          </Radix.RadioItem>
        ))}
      </Radix.RadioGroup>
    </>
  );
}
