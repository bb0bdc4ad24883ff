/** A button that is pressed twice. */
import { visibleText } from '@mobyclaw/lib/visible-text';
import { useState } from 'preact/hooks';

interface SureButtonProps {
  label: string;
  /** What it says once it was pressed. */
  sure: string;
  /** What it is about, for a screen reader. */
  name: string;
  onSure: () => void;
}

export function SureButton({ label, sure, name, onSure }: SureButtonProps) {
  const [isSure, setSure] = useState(false);
  return (
    <button
      type="button"
      class={`button ${isSure ? 'danger' : ''}`}
      aria-label={`${isSure ? sure : label} ${visibleText(name)}`}
      onClick={() => (isSure ? onSure() : setSure(true))}
      onBlur={() => setSure(false)}
    >
      {isSure ? sure : label}
    </button>
  );
}
