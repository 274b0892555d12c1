// The colours of the map, by day and by night. Colours that mean something are told apart by the colour-blind, too.

export type Light = "light" | "dark";

interface Palette {
  ground: string;
  district: string;
  districtEdge: string;
  ink: string;
  inkSoft: string;
  halo: string;
  roadCasing: string;
  roadStrict: string;
  roadControlled: string;
  roadGeneral: string;
  path: string;
  bicycle: string;
  motor: string;
  motorcycle: string;
  full: string;
  onMark: string;
  edge: string;
  shop: string;
  offender: string;
  vending: string;
  site: string;
  cluster: string;
  clusterText: string;
  way: string;
  wayCasing: string;
  chosen: string;
  station: string;
}

export const PALETTES: Record<Light, Palette> = {
  light: {
    ground: "#e9e4d8",
    district: "#f7f4ec",
    districtEdge: "#9c8f78",
    ink: "#3c3a33",
    inkSoft: "#6d675a",
    halo: "#fdfbf5",
    roadCasing: "#cfc5b1",
    roadStrict: "#f0ab8e",
    roadControlled: "#f8dd97",
    roadGeneral: "#ffffff",
    path: "#b9ad96",
    bicycle: "#0b7a75",
    motor: "#2459a6",
    motorcycle: "#7a4a9e",
    full: "#8b8f94",
    onMark: "#ffffff",
    edge: "#ffffff",
    shop: "#c79a57",
    offender: "#b3261e",
    vending: "#5f8a2f",
    site: "#d07a1f",
    cluster: "#b4532f",
    clusterText: "#ffffff",
    way: "#0f6fb5",
    wayCasing: "#ffffff",
    chosen: "#111827",
    station: "#33475b",
  },
  dark: {
    ground: "#10151b",
    district: "#171e26",
    districtEdge: "#647181",
    ink: "#d5dce4",
    inkSoft: "#94a1af",
    halo: "#12181f",
    roadCasing: "#0c1116",
    roadStrict: "#9a5340",
    roadControlled: "#7d6a38",
    roadGeneral: "#3b4754",
    path: "#4a5664",
    bicycle: "#45c4b8",
    motor: "#74aaf0",
    motorcycle: "#c39be3",
    full: "#7b8691",
    onMark: "#0d1319",
    edge: "#12181f",
    shop: "#d5a469",
    offender: "#ff8a80",
    vending: "#a5cf6d",
    site: "#f0a856",
    cluster: "#c8704d",
    clusterText: "#fff6f0",
    way: "#63b7f5",
    wayCasing: "#0b1016",
    chosen: "#ffffff",
    station: "#a9bccf",
  },
};

/** Bands of reach, the nearest first: what is nearest stands out most from the ground. */
export const REACH: Record<Light, readonly string[]> = {
  light: ["#1a0a45", "#640fae", "#a03590", "#d53a5a", "#9d8c00"],
  dark: ["#f2ffd0", "#f6cf2c", "#ff625a", "#bd5ca4", "#8648d6"],
};

/** Squads, in the order of their codes; more squads begin again. Any two differ for all eyes, in hue or in lightness. */
export const SQUADS: Record<Light, readonly string[]> = {
  light: ["#1c60ce", "#226059", "#aa3394", "#e85f6f", "#821901", "#7490af", "#857f17", "#4e2f76"],
  dark: ["#47c5ff", "#f6c243", "#3ca586", "#f66b34", "#9c87f5", "#92fba2", "#f481c2", "#f1d5f6"],
};

export function squadColour(position: number, light: Light): string {
  const colours = SQUADS[light];
  return colours[position % colours.length] ?? "#888888";
}
