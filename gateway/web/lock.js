// A house with a lock asks for a key once; what was under way goes on by itself.

import { element, icon, replace } from "./dom.js";
import { t } from "./words.js";

let waiting = null;

/**
 * Ask the person for a key.
 * @param {boolean} wasWrong whether there was one that does not fit
 * @returns {Promise<string>}
 */
export function askForKey(wasWrong) {
  waiting ??= new Promise((given) => show(wasWrong, given)).finally(() => { waiting = null; });
  return waiting;
}

function show(wasWrong, given) {
  const region = document.getElementById("lock");
  const field = element("input", {
    id: "key", type: "password", autocomplete: "off", placeholder: "kiln_…", required: true,
    "aria-describedby": "key-why", "aria-invalid": wasWrong ? "true" : null,
  });
  const send = (entered) => {
    entered.preventDefault();
    replace(region);
    given(field.value.trim());
  };
  replace(region, element("form", {
    class: "card lock", "aria-label": t("house.unlock"), onsubmit: send,
  },
    element("label", { htmlFor: "key" }, icon("lock"), t("house.key")),
    field, element("button", { class: "go" }, t("house.unlock")),
    element("p", { id: "key-why", class: wasWrong ? "wrong" : "soft" },
      t(wasWrong ? "house.key.wrong" : "house.key.why"))));
  field.focus();
}
