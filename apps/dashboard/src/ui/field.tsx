import { cloneElement, type ReactElement, type ReactNode, useId } from 'react';

interface ControlProps {
  id?: string;
  'aria-invalid'?: boolean;
  'aria-describedby'?: string;
}

interface FieldProps {
  label: ReactNode;
  /** What to know before typing. */
  hint?: ReactNode;
  error?: string | undefined;
  /** Shows the label to screen readers only. */
  hideLabel?: boolean;
  /** The control: an Input or a Select. */
  children: ReactElement<ControlProps>;
}

/** A control with label, hint and error, which are linked for screen readers (WCAG 1.3.1, 3.3.1). */
export function Field({ label, hint, error, hideLabel, children }: FieldProps) {
  const id = useId();
  const [hintId, errorId] = [`${id}-hint`, `${id}-error`];
  const describedBy = [error ? errorId : '', hint ? hintId : ''].filter(Boolean).join(' ');
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {cloneElement(children, { id, 'aria-invalid': Boolean(error), 'aria-describedby': describedBy || undefined })}
      {error ? (
        <p id={errorId} role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={hintId} className="text-xs text-muted-foreground">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

/** An error of a whole form, which screen readers announce. Renders nothing without children. */
export const FormAlert = ({ children }: { children: ReactNode }) =>
  children ? (
    <p role="alert" className="text-sm text-danger">
      {children}
    </p>
  ) : null;
