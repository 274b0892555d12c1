// Opens the page.
import { render } from "preact";
import { watchCard } from "./modes/card.ts";
import { watchCharge } from "./modes/charge.ts";
import { watchPlace } from "./modes/here.ts";
import { watchHot } from "./modes/hot.ts";
import { watchPlans } from "./modes/plans.ts";
import { watchReach } from "./modes/reach.ts";
import { begin } from "./state/facts.ts";
import { App } from "./ui/App.tsx";
import "./ui/page.css";

const root = document.getElementById("page");
if (root) {
  watchCard();
  watchPlace();
  watchCharge();
  watchHot();
  watchPlans();
  watchReach();
  render(<App />, root);
  void begin();
}
