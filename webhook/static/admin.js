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
