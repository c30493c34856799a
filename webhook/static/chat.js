// Makes the pages quicker to use; they do without it. Old phones: no syntax newer than 2015.
(function () {
  "use strict";
  var doc = document, body = doc.body, kiosk = body.classList.contains("kiosk");
  var WAIT_MS = 60000, IDLE_MS = 180000, WARN_MS = 20000, KEPT = "log", MOST_KEPT = 300000;

  offerPrinting();
  if (kiosk) startOverWhenIdle();

  var form = doc.getElementById("hoi"), log = doc.getElementById("log");
  if (!form || !window.fetch || !window.URLSearchParams || !window.crypto || !window.Promise) return;

  var box = form.elements.text, nonce = form.elements.nonce, greeting = doc.getElementById("chao");
  var notice = doc.getElementById("notice"), waiting = doc.getElementById("waiting");
  var words = waiting.dataset, busy = false;
  var handoff = doc.getElementById("handoff"), POLL_MS = 4000, polling = 0, asking = false;

  if (kiosk) forget(); else restore();
  doc.addEventListener("click", pressed);
  box.addEventListener("keydown", function (event) {
    // While Enter belongs to the keyboard's own suggestions it must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    sendText();
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); sendText(); });
  openEntry();
  handoff.querySelector("[value='handoff:look']").hidden = true; // it is looked every few seconds
  follow(handoff.dataset.state);

  function pressed(event) {
    var button = event.target.closest("button[form=hoi], #handoff button");
    if (!button) return;
    event.preventDefault();
    send({ action: button.value, said: button.textContent, text: "" });
  }

  function sendText() {
    var text = box.value;
    if (busy) return;
    if (!text.trim()) { tell(words.empty); box.focus(); return; }
    send({ action: "", said: text, text: text });
  }

  function send(asked) {
    if (busy) return;
    setBusy(true);
    tell("");
    var hadFocus = doc.activeElement, said = showSaid(asked.said);
    if (asked.text) box.value = "";
    post(asked).then(function (html) {
      nonce.value = newNonce();
      showAnswer(html, said, hadFocus);
    }, function (failure) {
      log.removeChild(said);
      if (asked.text && !box.value) box.value = asked.text;
      tell(failure.ours || words.lost, function () {
        if (box.value === asked.text) box.value = "";
        send(asked);
      });
    });
  }

  // The nonce stays until an answer has come: the same question sent again is answered once.
  function post(asked) {
    var fields = new URLSearchParams();
    fields.append("nonce", nonce.value);
    if (kiosk) fields.append("quay", "1");
    if (asked.action) fields.append("action", asked.action); else fields.append("text", asked.text);
    var request = fetch("/chat", {
      method: "POST", body: fields, credentials: "same-origin",
      headers: { "X-Requested-With": "fetch" }
    }).then(function (response) {
      return response.text().then(function (html) {
        var ours = response.headers.get("x-binhdan") === "chat";
        if (response.ok && ours) {
          follow(response.headers.get("x-handoff"));
          return html;
        }
        throw { ours: ours && plain(html) };
      });
    });
    var patience = new Promise(function (_, fail) { setTimeout(function () { fail({}); }, WAIT_MS); });
    var settled = function () { setBusy(false); };
    var result = Promise.race([request, patience]);
    result.then(settled, settled);
    return result;
  }

  function showSaid(text) {
    var turn = doc.getElementById("person").content.firstElementChild.cloneNode(true);
    turn.querySelector("p").textContent = text.trim();
    log.appendChild(turn);
    scrollTo(turn);
    return turn;
  }

  function showAnswer(html, said, hadFocus) {
    var holder = doc.createElement("template");
    holder.innerHTML = html;
    var turn = holder.content.firstElementChild;
    if (!turn) { keep(); box.focus(); return; } // it went to a person
    log.appendChild(turn);
    if (turn.dataset.status === "answered_data_deleted") clearBefore(turn);
    keep();
    // On a desktop one goes on typing. On a phone the keyboard would cover the answer.
    if (hadFocus === box && matchMedia("(pointer: fine)").matches) box.focus();
    else turn.focus({ preventScroll: true });
    scrollTo(said.parentNode ? said : turn);
  }

  // While a person is waited for, or there, what they say is fetched every few seconds.
  function follow(state) {
    handoff.hidden = !state;
    var words = { waiting: "wordsWaiting", taken: "wordsTaken", told: "wordsTold" };
    var line = handoff.querySelector("p");
    var text = state ? handoff.dataset[words[state]] + " " + handoff.dataset.byItself : "";
    if (line.textContent !== text) line.textContent = text;
    clearTimeout(polling);
    if (state) polling = setTimeout(look, POLL_MS);
  }

  function look() {
    if (asking) return;
    asking = true;
    clearTimeout(polling);
    var known = [].map.call(log.querySelectorAll("[data-turn]"), function (turn) { return +turn.dataset.turn; });
    var after = known.length ? Math.max.apply(null, known) : 0;
    fetch("/chat/moi?sau=" + after, { credentials: "same-origin" }).then(function (response) {
      return response.text().then(function (html) {
        if (!response.ok || response.headers.get("x-binhdan") !== "chat") throw response.status;
        var atEnd = innerHeight + scrollY > doc.documentElement.scrollHeight - 200;
        if (html.trim()) {
          log.insertAdjacentHTML("beforeend", html);
          keep();
          if (atEnd || box !== doc.activeElement) scrollTo(log.lastElementChild);
        }
        follow(response.headers.get("x-handoff"));
      });
    }).catch(function () {
      polling = setTimeout(look, 2 * POLL_MS);
    }).then(function () { asking = false; });
  }

  function scrollTo(turn) { turn.scrollIntoView({ block: "start" }); }

  function setBusy(value) {
    busy = value;
    log.setAttribute("aria-busy", String(value));
    waiting.textContent = value ? words.text : "";
    [].forEach.call(doc.querySelectorAll("button[form=hoi], #hoi button"), function (button) {
      button.disabled = value;
    });
  }

  function tell(text, again) {
    notice.textContent = "";
    if (!text) return;
    var line = doc.createElement("p");
    line.textContent = text;
    notice.appendChild(line);
    if (!again) return;
    var button = doc.createElement("button");
    button.type = "button";
    button.textContent = words.resend;
    button.addEventListener("click", again);
    notice.appendChild(button);
    button.focus();
  }

  function plain(html) {
    var holder = doc.createElement("template");
    holder.innerHTML = html;
    return holder.content.textContent.trim();
  }

  function newNonce() {
    return [].map.call(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return ("0" + byte.toString(16)).slice(-2);
    }).join("");
  }

  // Reading an Entry's page and coming back must not lose the talk. Kept for this tab alone.
  function keep() {
    if (kiosk) return;
    var turns = [].filter.call(log.children, function (turn) { return turn !== greeting; });
    var html = turns.map(function (turn) { return turn.outerHTML; });
    while (html.length && html.join("").length > MOST_KEPT) html.shift();
    try { sessionStorage.setItem(KEPT, html.join("")); } catch (full) { forget(); }
  }

  function restore() {
    var html = null;
    try { html = sessionStorage.getItem(KEPT); } catch (forbidden) { return; }
    if (!html || log.children.length > 1) return;
    log.setAttribute("aria-busy", "true");
    // An Entry opened by a code comes last: it is what is asked about now.
    var place = log.querySelector("[data-press]") ? "afterbegin" : "beforeend";
    log.insertAdjacentHTML(place, html);
    log.setAttribute("aria-busy", "false");
    setBusy(false);
    scrollTo(log.lastElementChild);
  }

  function forget() {
    try { sessionStorage.removeItem(KEPT); } catch (forbidden) { /* then nothing was kept */ }
  }

  function clearBefore(turn) {
    while (log.firstChild !== turn) log.removeChild(log.firstChild);
  }

  // A code was scanned: press its Entry's button, once, not again on a reload.
  function openEntry() {
    var button = log.querySelector("[data-press]");
    if (!button) return;
    history.replaceState(null, "", kiosk ? "/?quay=1" : "/");
    button.click();
  }

  function offerPrinting() {
    var button = doc.querySelector("button.print");
    if (!button || !window.print || kiosk) return;
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  }

  // On a counter: what one person asked must be gone when the next comes. Says so before it does.
  function startOverWhenIdle() {
    var last = Date.now(), sign = doc.createElement("p");
    sign.className = "idle";
    sign.setAttribute("role", "alert");
    ["pointerdown", "touchstart", "keydown", "wheel", "scroll"].forEach(function (kind) {
      addEventListener(kind, function () { last = Date.now(); }, { passive: true });
    });
    setInterval(function () {
      var idle = Date.now() - last;
      var untouched = location.pathname === "/" && log && log.children.length < 2 && !(box && box.value);
      if (untouched) return;
      if (idle > IDLE_MS) location.replace("/?quay=1");
      else if (idle > IDLE_MS - WARN_MS && !sign.parentNode) {
        sign.textContent = body.dataset.idle;
        body.appendChild(sign);
      } else if (idle < IDLE_MS - WARN_MS && sign.parentNode) body.removeChild(sign);
    }, 1000);
  }
})();
