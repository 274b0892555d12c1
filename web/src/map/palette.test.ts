import { expect, test } from "vitest";
import { type Light, PALETTES, SQUADS } from "./palette.ts";

type Triple = readonly [number, number, number];

/** How full colour blindness of each kind sees linear light: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Record<string, readonly [Triple, Triple, Triple]> = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.042940, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function linear(colour: string): Triple {
  const part = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const apply = (m: readonly [Triple, Triple, Triple], v: Triple): Triple => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];

/** Oklab (Ottosson 2020): equal distances look about equally far apart; 0.02 is just noticed side by side. */
function oklab(light: Triple): Triple {
  const cones = apply([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], light);
  return apply([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]], [Math.cbrt(cones[0]), Math.cbrt(cones[1]), Math.cbrt(cones[2])]);
}

function contrast(a: string, b: string): number {
  const shine = (colour: string) => dot([0.2126, 0.7152, 0.0722], linear(colour)) + 0.05;
  const [one, other] = [shine(a), shine(b)];
  return Math.max(one, other) / Math.min(one, other);
}

for (const light of ["light", "dark"] as Light[]) {
  test(`squads are told apart by all eyes, and from the ground: ${light}`, () => {
    for (const [eyes, matrix] of Object.entries(EYES)) {
      const seen = SQUADS[light].map((colour) => {
        const [r, g, b] = apply(matrix, linear(colour)).map((part) => Math.min(1, Math.max(0, part)));
        return oklab([r ?? 0, g ?? 0, b ?? 0]);
      });
      for (const [at, a] of seen.entries()) {
        for (const [other, b] of seen.slice(0, at).entries()) expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), `${eyes}: ${SQUADS[light][at]} ${SQUADS[light][other]}`).toBeGreaterThan(0.085);
      }
    }
    for (const colour of SQUADS[light]) expect(contrast(colour, PALETTES[light].district), colour).toBeGreaterThan(3);
  });
}
