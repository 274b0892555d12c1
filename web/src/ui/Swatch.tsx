// A sample of how something is drawn, for the legend.
import type { LegendEntry } from "../layers/layer.ts";

export function Swatch({ entry: { shape, colour, edge, inner } }: { entry: LegendEntry }) {
  return (
    <svg class="swatch" viewBox="0 0 24 16" width="24" height="16" aria-hidden="true">
      {shape === "fill" && <rect x="3" y="2" width="18" height="12" rx="2" fill={colour} fill-opacity="0.25" stroke={colour} stroke-width="1.5" />}
      {shape === "hatch" && <path d="M3 14L15 2M9 14L21 2M3 8L9 2M15 14l6-6" stroke={colour} stroke-width="1.5" />}
      {shape === "hatch" && <rect x="3" y="2" width="18" height="12" fill="none" stroke={colour} stroke-width="1.2" />}
      {shape === "line" && <path d="M2 8h20" stroke={edge ?? colour} stroke-width="7" stroke-linecap="round" />}
      {shape === "line" && <path d="M2 8h20" stroke={colour} stroke-width="5" stroke-linecap="round" />}
      {shape === "change" && <path d="M3 8h18" stroke={edge} stroke-width="10" stroke-linecap="round" />}
      {shape === "change" && <path d="M3 8h18" stroke={colour} stroke-width="7" stroke-linecap="round" />}
      {shape === "change" && <path d="M2 8h20" stroke={inner} stroke-width="4" stroke-dasharray="4 4" />}
      {shape === "dash" && <path d="M2 8h20" stroke={colour} stroke-width="2.200" stroke-dasharray="6 3 1.500 3" />}
      {shape === "dot" && <circle cx="12" cy="8" r="5.500" fill={colour} stroke={edge} stroke-width="1" />}
      {shape === "ring" && <circle cx="12" cy="8" r="4.800" fill={colour} stroke={edge} stroke-width="2.200" />}
      {shape === "square" && <rect x="6.500" y="2.500" width="11" height="11" rx="2.500" fill={colour} stroke={edge} stroke-width="1" />}
      {shape === "diamond" && <path d="M12 1.500L18.500 8L12 14.500L5.500 8Z" fill={colour} stroke={edge} stroke-width="1" />}
      {shape === "bubble" && <circle cx="12" cy="8" r="6" fill={colour} fill-opacity="0.800" stroke={colour} stroke-opacity="0.250" stroke-width="3" />}
    </svg>
  );
}
