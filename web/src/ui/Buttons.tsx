// Language, appearance, zoom.
import type { ComponentChildren } from "preact";
import { chart, fit } from "../map/map.ts";
import { THEMES } from "../state/address.ts";
import { district } from "../state/facts.ts";
import { state, step, words } from "../state/state.ts";
import { Device, Frame, Minus, Moon, Plus, Sun } from "./icons.tsx";

function Button({ name, onClick, children, id }: { name: string; onClick: () => void; children: ComponentChildren; id: string }) {
  return (
    <button type="button" class="round" id={id} aria-label={name} title={name} onClick={onClick}>
      {children}
    </button>
  );
}

export function Buttons() {
  const { language, theme } = state.value;
  const text = words.value;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const shown = { auto: text.automatic, light: text.light, dark: text.dark }[theme];
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  return (
    <nav class="buttons" aria-label={text.theme}>
      <button
        type="button"
        class="round wide"
        id="language"
        lang={language === "en" ? "zh-CN" : "en"}
        onClick={() => step({ language: language === "en" ? "zh-CN" : "en" })}
      >
        {text.otherLanguage}
      </button>
      <Button id="theme" name={`${text.theme}: ${shown}`} onClick={() => step({ theme: next })}>
        {theme === "auto" ? <Device /> : theme === "light" ? <Sun /> : <Moon />}
      </Button>
      <div class="stack">
        <Button id="zoom-in" name={text.zoomInButton} onClick={() => chart.value?.zoomIn({ animate: !calm() })}><Plus /></Button>
        <Button id="zoom-out" name={text.zoomOutButton} onClick={() => chart.value?.zoomOut({ animate: !calm() })}><Minus /></Button>
        <Button id="fit" name={text.fit} onClick={() => chart.value && district.value && fit(chart.value, district.value)}><Frame /></Button>
      </div>
    </nav>
  );
}
