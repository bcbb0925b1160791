// Keeps the page live: asks for its main part every few seconds and changes only what differs, so that scroll
// position, focus, typed text and opened details stay as they are. Draws nothing itself; without it the page still works.
"use strict";

const EVERY_MS = 4000;
const SLOWEST_MS = 60000;
const live = document.getElementById("live");
const word = document.getElementById("live-word");
const pause = document.getElementById("pause");
let paused = false;
let wait = EVERY_MS;
let timer = 0;

function say(text, state) {
  if (word.textContent !== text) word.textContent = text;
  live.dataset.state = state;
}

function keyOf(node) {
  if (node.nodeType !== 1) return "";
  return node.id || node.getAttribute("data-key") || node.getAttribute("aria-labelledby") || "";
}

function alike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function copyAttributes(from, to) {
  for (const { name } of [...to.attributes]) {
    if (!from.hasAttribute(name) && name !== "open") to.removeAttribute(name);
  }
  for (const { name, value } of from.attributes) {
    if (to.getAttribute(name) !== value) to.setAttribute(name, value);
  }
}

// The node from `here` on that `wanted` is a newer state of; what lies between is dropped. Null if there is none.
function find(here, wanted) {
  let found = here;
  while (found && !alike(found, wanted)) found = found.nextSibling;
  if (!found || (wanted.nodeType !== 1 && found !== here)) return null;
  while (here !== found) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
  return found;
}

// Makes the children of `to` like those of `from`. Nodes with a key are moved, not rebuilt.
function blend(from, to) {
  const keyed = new Map();
  for (const child of to.children) if (keyOf(child)) keyed.set(child.nodeName + keyOf(child), child);
  let here = to.firstChild;
  for (const wanted of [...from.childNodes]) {
    const known = keyOf(wanted) && keyed.get(wanted.nodeName + keyOf(wanted));
    if (known && known !== here) to.insertBefore(known, here);
    const same = known || find(here, wanted);
    if (!same) {
      to.insertBefore(document.importNode(wanted, true), here);
      continue;
    }
    if (same.nodeType !== 1) {
      if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
    } else if (same.nodeName !== "FORM") {
      // A form keeps what was chosen in it until it is sent.
      copyAttributes(wanted, same);
      blend(wanted, same);
    }
    here = same.nextSibling;
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

async function refresh() {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch(location.href, {
      headers: { "X-Mirqab-Part": "main" },
      cache: "no-store",
      signal: AbortSignal.timeout(30000),
    });
    if (answer.status === 401) {
      location.reload();
      return;
    }
    const text = await answer.text();
    if (answer.status >= 500 || answer.redirected) throw new Error("not now");
    const page = new DOMParser().parseFromString("<main>" + text + "</main>", "text/html");
    if (!paused) {
      blend(page.querySelector("main"), document.getElementById("main"));
      say("live", "live");
    }
    wait = EVERY_MS;
  } catch {
    say("not connected: trying again", "lost");
    wait = Math.min(SLOWEST_MS, wait * 2);
  }
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await refresh();
    plan();
  }, wait);
}

if (live) {
  live.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    say(paused ? "paused" : "live", paused ? "paused" : "live");
    wait = paused ? EVERY_MS : 0;
    plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      wait = 0;
      plan();
    }
  });
  plan();
}
