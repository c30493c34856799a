// The pages work without this. It marks the page one is on, saves what is written and shows the
// answer as it will be.
"use strict";

for (const link of document.querySelectorAll(".top nav a")) {
  const here = location.pathname;
  if (link.pathname === here || (link.pathname !== "/quan-tri" && here.startsWith(link.pathname + "/"))) {
    link.setAttribute("aria-current", "page");
    link.parentElement.scrollLeft = link.offsetLeft - 40; // on a phone they stand in one long line
  }
}

for (const part of document.querySelectorAll("[data-fresh]")) setInterval(() => freshen(part), part.dataset.fresh * 1000);

// The same part of the page as it is now: who waits, what was said. What is being typed stands beside it.
async function freshen(part) {
  if (document.hidden && part.getAttribute("role") === "log") return;
  try {
    const got = await fetch(location.pathname, { redirect: "error" });
    if (!got.ok) return;
    const page = new DOMParser().parseFromString(await got.text(), "text/html");
    const now = page.getElementById(part.id);
    document.title = page.title;
    if (!now || now.innerHTML.trim() === part.innerHTML.trim()) return;
    const at = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = now.innerHTML;
    if (at) document.getElementById(at)?.focus();
  } catch { /* the next look may find the server again */ }
}

const form = document.getElementById("soan");
if (form) keep(form);

function keep(form) {
  const state = document.getElementById("trang-thai");
  const aside = document.getElementById("xem-thu");
  let changed = false, saving = false, leaving = false, timer = 0;

  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, 3000);
  });
  form.addEventListener("submit", () => { leaving = true; });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => { if (changed && !leaving) event.preventDefault(); });
  aside.addEventListener("change", look);
  aside.addEventListener("submit", (event) => { event.preventDefault(); look(); });

  async function save() {
    if (!changed || saving || leaving) return;
    saving = true;
    changed = false;
    state.textContent = form.dataset.autosave;
    const body = new FormData(form);
    body.set("lam", "tu-luu");
    try {
      const got = await fetch(form.action, { method: "POST", body, redirect: "error" });
      const said = await got.json();
      if (!got.ok) { state.textContent = said.problem; return; }
      form.elements.revision.value = said.revision;
      for (const [field, html] of Object.entries(said.alike)) {
        const beside = document.getElementById("giong-" + field);
        if (beside) beside.innerHTML = html;
      }
      state.textContent = form.dataset.saved.replace("{at}", said.at);
      await look();
    } catch {
      changed = true;
      state.textContent = form.dataset.offline;
      timer = setTimeout(save, 10000);
    } finally {
      saving = false;
    }
  }

  async function look() {
    const asked = aside.querySelector("form");
    const query = new URLSearchParams(asked ? new FormData(asked) : {});
    const got = await fetch(aside.dataset.address + "?" + query);
    if (!got.ok) return;
    const at = aside.contains(document.activeElement) ? document.activeElement.id : "";
    aside.innerHTML = await got.text();
    if (at) document.getElementById(at)?.focus();
  }
}
