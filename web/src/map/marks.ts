// The marks of the map, drawn here: no sprite is fetched.
import type { Map as MapLibreMap } from "maplibre-gl";
import { PALETTES, type Light } from "./palette.ts";

const RATIO = 3;
type Shape = "dot" | "square" | "diamond" | "house";

function drawn(size: number, draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return new ImageData(1, 1);
  pen.scale(RATIO, RATIO);
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function mark(shape: Shape, fill: string, edge: string, size = 26): ImageData {
  return drawn(size, (pen) => {
    const middle = size / 2;
    const reach = middle - 2;
    pen.beginPath();
    if (shape === "dot") pen.arc(middle, middle, reach, 0, 2 * Math.PI);
    if (shape === "square") pen.roundRect(middle - reach + 1, middle - reach + 1, 2 * reach - 2, 2 * reach - 2, 5);
    if (shape === "diamond") {
      pen.moveTo(middle, 1.5);
      pen.lineTo(size - 1.5, middle);
      pen.lineTo(middle, size - 1.5);
      pen.lineTo(1.5, middle);
      pen.closePath();
    }
    if (shape === "house") {
      pen.moveTo(middle, 2);
      pen.lineTo(size - 3, middle - 1);
      pen.lineTo(size - 3, size - 3);
      pen.lineTo(3, size - 3);
      pen.lineTo(3, middle - 1);
      pen.closePath();
    }
    pen.fillStyle = fill;
    pen.fill();
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.strokeStyle = edge;
    pen.stroke();
  });
}

/** Stripes that meet at the edges of the tile. */
function hatch(colour: string): ImageData {
  const size = 10;
  return drawn(size, (pen) => {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    for (const at of [-size, 0, size]) {
      pen.beginPath();
      pen.moveTo(at - 1, size + 1);
      pen.lineTo(at + size + 1, -1);
      pen.stroke();
    }
  });
}

/** A closed lock, dark on light whatever lies under it. */
function lock(fill: string, edge: string): ImageData {
  return drawn(20, (pen) => {
    pen.beginPath();
    pen.arc(10, 10, 9, 0, 2 * Math.PI);
    pen.fillStyle = edge;
    pen.fill();
    pen.strokeStyle = pen.fillStyle = fill;
    pen.lineWidth = 1.8;
    pen.beginPath();
    pen.arc(10, 8.5, 2.8, Math.PI, 0);
    pen.stroke();
    pen.beginPath();
    pen.roundRect(5.8, 8.5, 8.4, 6, 1.4);
    pen.fill();
  });
}

/** Points along the line it lies on. */
function arrow(fill: string, edge: string): ImageData {
  return drawn(16, (pen) => {
    pen.beginPath();
    pen.moveTo(14, 8);
    pen.lineTo(4, 13);
    pen.lineTo(6.5, 8);
    pen.lineTo(4, 3);
    pen.closePath();
    pen.fillStyle = fill;
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = edge;
    pen.stroke();
    pen.fill();
  });
}

export function marks(light: Light): Record<string, ImageData> {
  const colours = PALETTES[light];
  return {
    "parking-bicycle": mark("dot", colours.bicycle, colours.edge),
    "parking-motor": mark("square", colours.motor, colours.edge),
    "parking-motorcycle": mark("diamond", colours.motorcycle, colours.edge, 30),
    "parking-bicycle-full": mark("dot", colours.full, colours.edge),
    "parking-motor-full": mark("square", colours.full, colours.edge),
    "parking-motorcycle-full": mark("diamond", colours.full, colours.edge, 30),
    vending: mark("diamond", colours.vending, colours.edge, 22),
    station: mark("house", colours.station, colours.edge, 22),
    hatch: hatch(colours.site),
    lock: lock(colours.chosen, colours.edge),
    arrow: arrow(colours.chosen, colours.wayCasing),
  };
}

/** Puts the marks of the light into the map, in place of those of the other. */
export function addMarks(map: MapLibreMap, light: Light): void {
  for (const [name, image] of Object.entries(marks(light))) {
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, { pixelRatio: RATIO });
  }
}
