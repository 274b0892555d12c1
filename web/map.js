// A first look at the layers: lists them, draws those that are chosen, asks for the nearest parking points on a click.
import { frame, paths } from "./frame.js";

const COLOURS = {
  jurisdictions: "#64748b", "squad-zones": "#7c3aed", "road-sections": "#6b7280", "parking-points": "#2563eb",
  violations: "#c2410c", squads: "#059669",
};
const canvas = document.getElementById("canvas");
const state = document.getElementById("state");
const told = document.getElementById("told");
const drawn = new Map();
let bbox = null;
let found = [];

async function ask(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? response.statusText);
  return body;
}

async function start() {
  const { collections } = await ask("/api/collections");
  const list = document.getElementById("layers");
  for (const layer of collections) list.append(entry(layer));
  const extents = collections.map((layer) => layer.extent?.spatial?.bbox[0]).filter(Boolean);
  bbox = extents[0] ?? [-180, -90, 180, 90];
  const boxes = [...list.querySelectorAll("input:checked")];
  await Promise.all(boxes.map((box) => show(box.value, true)));
  state.textContent = "ready 就绪";
  draw();
}

function entry(layer) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.value = layer.id;
  box.checked = layer.itemCount > 0 && layer.id !== "squads";
  box.addEventListener("change", () => show(box.value, box.checked).then(draw, fail));
  const count = document.createElement("small");
  count.textContent = `${layer.title} · ${layer.itemCount}`;
  label.append(box, ` ${layer["x-title-zh"]} `, count);
  item.append(label);
  return item;
}

async function show(id, wanted) {
  if (wanted) drawn.set(id, (await ask(`/api/collections/${id}/items?limit=10000`)).features);
  else drawn.delete(id);
}

function view() {
  return frame(bbox, canvas.clientWidth, canvas.clientHeight);
}

function draw() {
  if (!bbox) return;
  const density = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * density;
  canvas.height = canvas.clientHeight * density;
  const pen = canvas.getContext("2d");
  pen.scale(density, density);
  const { toPixel } = view();
  for (const id of Object.keys(COLOURS)) {
    pen.strokeStyle = pen.fillStyle = COLOURS[id];
    for (const feature of drawn.get(id) ?? []) stroke(pen, feature.geometry, toPixel, id === "violations" ? 2 : 4);
  }
  pen.lineWidth = 3;
  pen.strokeStyle = "#dc2626";
  for (const feature of found) {
    const [x, y] = toPixel(paths(feature.geometry)[0][0]);
    pen.beginPath();
    pen.arc(x, y, 9, 0, 7);
    pen.stroke();
  }
  pen.lineWidth = 1;
}

function stroke(pen, geometry, toPixel, radius) {
  for (const path of paths(geometry)) {
    pen.beginPath();
    if (path.length === 1) {
      const [x, y] = toPixel(path[0]);
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
      continue;
    }
    for (const place of path) pen.lineTo(...toPixel(place));
    pen.stroke();
  }
}

async function nearest(event) {
  const [lon, lat] = view().toPlace([event.offsetX, event.offsetY]);
  const answer = await ask(`/api/collections/parking-points/nearest?lon=${lon}&lat=${lat}&by=line&k=3`);
  found = answer.features;
  told.hidden = false;
  told.textContent = found.length
    ? found.map(({ properties: { name, line_m } }) => `${name ?? "?"} ${Math.round(line_m)} m`).join(" · ")
    : "no parking point 无停放点";
  draw();
}

function fail(error) {
  state.textContent = error.message;
}

canvas.addEventListener("click", (event) => nearest(event).catch(fail));
window.addEventListener("resize", draw);
start().catch(fail);
