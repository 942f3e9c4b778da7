// Saves the paper as answers are given, and counts the minutes. Without it every button still works.
// Time is counted from the page's arrival by the server's figure, so the device's clock has no say.
const form = document.getElementById("paper");
const state = document.getElementById("save-state");
const clock = document.getElementById("time-left");
const began = performance.now();
let timer = 0;
let busy = false;
let dirty = false;
let stopped = false;

const say = (text, kind) => {
  const line = document.createElement("span");
  line.className = `st ${kind}`;
  line.textContent = text;
  state.replaceChildren(line);
};

const plan = (wait) => {
  clearTimeout(timer);
  if (!stopped) timer = setTimeout(save, wait);
};

const save = async () => {
  if (busy || !dirty) return;
  busy = true;
  dirty = false;
  let wait = 0;
  try {
    const answer = await fetch(location.pathname, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(15000),
    });
    if (answer.status === 409) {
      stopped = true;
      say(state.dataset.stale, "late");
    } else if (answer.status === 410) {
      stopped = true;
      location.reload();
    } else if (answer.ok || answer.status === 422) {
      const saved = await answer.json();
      form.elements.revision.value = saved.revision;
      say(state.dataset.saved.replace("{t}", saved.saved_at), "done");
    } else {
      throw new Error(answer.status);
    }
  } catch {
    dirty = true;
    wait = 10000;
    say(state.dataset.waiting, "late");
  }
  busy = false;
  if (dirty) plan(wait || 800);
};

form.addEventListener("input", () => {
  dirty = true;
  plan(800);
});
window.addEventListener("online", () => plan(0));
document.addEventListener("visibilitychange", () => plan(0));
// A button sends the whole page itself: an autosave on its heels would only make it stale.
form.addEventListener("submit", () => {
  stopped = true;
  clearTimeout(timer);
});

if (clock) {
  const tick = () => {
    const left = Math.max(Number(clock.dataset.seconds) - (performance.now() - began) / 1000, 0);
    const minutes = Math.ceil(left / 60);
    const words = minutes ? (minutes === 1 ? "one" : "many") : "over";
    clock.textContent = clock.dataset[words].replace("{n}", minutes);
  };
  setInterval(tick, 10000);
}
