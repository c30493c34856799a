"use strict";

const element = (id) => document.getElementById(id);
const channel = element("channel");
const person = element("person");
let known;
let shown = "";

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = act;
  return made;
}

async function act(what, text = "") {
  const given = { channel: channel.value, person: Number(person.value), what, text };
  const got = await fetch("act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  if (!got.ok) element("status").textContent = (await got.json()).error;
  await look();
}

function text(bubble) {
  // Styles count UTF-16 units, as JavaScript's strings do.
  const part = document.createElement("span");
  let at = 0;
  for (const style of bubble.styles || []) {
    const bold = document.createElement("b");
    bold.textContent = bubble.text.slice(style.start, style.start + style.len);
    part.append(bubble.text.slice(at, style.start), bold);
    at = style.start + style.len;
  }
  part.append(bubble.text.slice(at));
  return part;
}

function draw(bubble) {
  const made = document.createElement("div");
  made.className = bubble.mine ? "bubble mine" : "bubble";
  made.append(text(bubble));
  if ((bubble.rows || []).length) {
    const rows = document.createElement("div");
    rows.className = "rows";
    for (const labels of bubble.rows) {
      const row = document.createElement("div");
      row.append(...labels.map((label) => button(label, () => act("press", label))));
      rows.append(row);
    }
    made.append(rows);
  }
  return made;
}

function whose() {
  return new URLSearchParams({ channel: channel.value, person: person.value }).toString();
}

async function look() {
  const who = whose();
  const talk = await (await fetch(`talk?${who}`)).json();
  const found = JSON.stringify([who, talk]);
  if (found === shown || who !== whose()) return;
  shown = found;
  element("talk").replaceChildren(...talk.bubbles.map(draw));
  element("talk").scrollTop = element("talk").scrollHeight;
  const status = talk.status[0];
  element("status").textContent = status ? `webhook: ${status}` : "webhook: nothing taken yet";
}

function offer() {
  const chosen = known.channels.find((one) => one.name === channel.value);
  const acts = [
    ...known.kinds.map((kind) => button(kind, () => act("show", kind))),
    ...["block", "unblock"].map((what) => button(what, () => act(what))),
    ...(chosen.follows ? ["follow", "unfollow"] : []).map((what) => button(what, () => act(what))),
  ];
  element("more").replaceChildren(...acts);
  return look();
}

element("write").onsubmit = (event) => {
  event.preventDefault();
  const field = element("text");
  if (!field.value.trim()) return;
  const said = field.value;
  field.value = "";
  act("say", said);
};

async function start() {
  known = await (await fetch("channels")).json();
  channel.append(...known.channels.map((one) => option(one.name, one.title)));
  person.append(...known.people.map((name, number) => option(number, name)));
  channel.onchange = offer;
  person.onchange = look;
  await offer();
  setInterval(() => look().catch(() => { element("status").textContent = "the fakes have ended"; }), 700);
}

start();
