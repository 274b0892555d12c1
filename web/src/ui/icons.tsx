// Small pictures of buttons, drawn in the colour of the text.
import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const Plus = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>;
export const Minus = () => <Icon><path d="M5 12h14" /></Icon>;
export const Frame = () => <Icon><path d="M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4" /></Icon>;
export const Sun = () => <Icon><circle cx="12" cy="12" r="4" /><path d="M12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M5.600 18.400l1.100-1.100M17.300 6.700l1.100-1.100" /></Icon>;
export const Moon = () => <Icon><path d="M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z" /></Icon>;
export const Device = () => <Icon><circle cx="12" cy="12" r="8" /><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" stroke="none" /></Icon>;
export const Cross = () => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const Chevron = () => <Icon><path d="M6 15l6-6 6 6" /></Icon>;
export const Pin = () => <Icon><path d="M12 21s-6-5.500-6-11a6 6 0 1 1 12 0c0 5.500-6 11-6 11z" /><circle cx="12" cy="10" r="2" /></Icon>;
export const Flame = () => <Icon><path d="M12 3c1 4 5 5.500 5 10.500a5 5 0 0 1-10 0C7 11 8.500 10 9 8c1.500 1 2 2 2 3.500C12.500 9.500 12.500 6 12 3z" /></Icon>;
export const Sheet = () => <Icon><path d="M5 4h14v16H5zM5 9h14M5 14h14M11 9v11" /></Icon>;
export const Back = () => <Icon><path d="M15 6l-6 6 6 6" /></Icon>;
export const Lock = () => <Icon><path d="M8 11V8a4 4 0 0 1 8 0v3M6 11h12v9H6z" /></Icon>;
