"use strict";
// Tells what changes in the part of the page called "live", as the service says it, without loading the page again.
const live = document.getElementById("live");
if (live && live.dataset.events) {
  const source = new EventSource(live.dataset.events);
  source.onmessage = (event) => {
    const said = JSON.parse(event.data);
    for (const place of live.querySelectorAll("[data-tell]")) {
      const name = place.dataset.tell;
      const text = name === "score" && said.score ? said.score + " points" : String(said[name]);
      if (place.textContent !== text) place.textContent = text;
      if (name === "trouble") place.hidden = !said.trouble;
    }
    const share = document.getElementById("share");
    if (share) {
      share.value = said.share;
      share.hidden = !said.score;
    }
    const page = live.querySelector("[data-page]");
    if (page && said.page) {
      page.setAttribute("href", said.page);
      page.hidden = false;
    }
    if (said.open === false) source.close();
  };
}
