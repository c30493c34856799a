// The pages work without this. It marks the page one is on.
"use strict";
for (const link of document.querySelectorAll(".top nav a")) {
  const here = location.pathname;
  if (link.pathname === here || (link.pathname !== "/quan-tri" && here.startsWith(link.pathname + "/"))) {
    link.setAttribute("aria-current", "page");
  }
}
