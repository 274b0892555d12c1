// All that the drawing depends on, as it is now.
import type { Look } from "../layers/layer.ts";
import { squads } from "./facts.ts";
import { language, light, planIsOpen } from "./state.ts";

export function look(): Look {
  return { light: light.value, language: language.value, squads: squads.value, quietStreets: planIsOpen.value };
}
