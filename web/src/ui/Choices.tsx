// Choices in one row: one of several, or any number of them.

export interface Choice<T> {
  value: T;
  text: string;
}

interface OneOf<T> {
  name: string;
  label: string;
  all: readonly Choice<T>[];
  chosen: T;
  onChoose: (value: T) => void;
}

export function Choices<T extends string>({ name, label, all, chosen, onChoose }: OneOf<T>) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {all.map(({ value, text }) => (
        <label key={value}>
          <input type="radio" name={name} value={value} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface AnyOf<T> {
  name: string;
  label: string;
  all: readonly (Choice<T> & { locked?: boolean })[];
  chosen: readonly T[];
  onToggle: (value: T) => void;
}

/** The state alone says what is ticked: a press that changes nothing leaves no tick behind. */
export function Ticks<T extends string | number>({ name, label, all, chosen, onToggle }: AnyOf<T>) {
  const press = (event: { currentTarget: HTMLInputElement }, value: T) => {
    onToggle(value);
    event.currentTarget.checked = chosen.includes(value);
  };
  return (
    <fieldset class="choices ticks">
      <legend class="unseen">{label}</legend>
      {all.map(({ value, text, locked }) => (
        <label key={value} class={locked ? "locked" : undefined}>
          <input type="checkbox" name={name} value={value} checked={chosen.includes(value)} disabled={locked} onChange={(event) => press(event, value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
