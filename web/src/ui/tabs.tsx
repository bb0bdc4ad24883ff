/** Tabs, as a screen reader and the arrow keys expect them. The panel has the id `<id>-panel`; tabs do not name it, since it is not there while it loads. */
interface TabsProps<T extends string> {
  id: string;
  label: string;
  tabs: readonly (readonly [name: T, text: string])[];
  current: T;
  onSelect: (name: T) => void;
}

export function Tabs<T extends string>({ id, label, tabs, current, onSelect }: TabsProps<T>) {
  const at = tabs.findIndex(([name]) => name === current);
  const select = (index: number): void => {
    const [name] = tabs[(index + tabs.length) % tabs.length] ?? [];
    if (name === undefined) return;
    onSelect(name);
    document.getElementById(`${id}-${name}`)?.focus();
  };
  return (
    <div
      class="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={({ key }) => {
        if (key === 'ArrowRight') select(at + 1);
        else if (key === 'ArrowLeft') select(at - 1);
      }}
    >
      {tabs.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`${id}-${name}`}
          aria-selected={name === current}
          tabIndex={name === current ? 0 : -1}
          onClick={() => onSelect(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
