// What the desk does better with scripts: pages that renew themselves without losing anybody's place, drafts that
// survive, keys. Everything else works without it.
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);
  const $$ = (selector, within) => [...(within || document).querySelectorAll(selector)];
  document.body.classList.add("scripted");
  $$(".needs-script[hidden]:not(button)").forEach((element) => { element.hidden = false; });

  // -- Renewing: replace only what differs, so that focus, scroll, selection and pictures stay ------------------

  function replaced(old, fresh) {
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const way = focus && (focus.id ? "#" + CSS.escape(focus.id) : focus.className ? "." + focus.classList[0] : focus.tagName);
    old.replaceWith(fresh);
    if (way) { const again = fresh.matches(way) ? fresh : $(way, fresh); if (again) { again.focus({ preventScroll: true }); } }
  }

  function renewRows(list, fresh) {
    const revealed = list.closest("[data-revealed]");
    let at = null;
    for (const row of [...fresh.children]) {
      const old = document.getElementById(row.id);
      if (!old || old.parentElement !== list) {
        list.insertBefore(row, at ? at.nextSibling : list.firstChild);
        at = row;
        continue;
      }
      if (old !== (at ? at.nextElementSibling : list.firstElementChild)) {
        list.insertBefore(old, at ? at.nextSibling : list.firstChild);
      }
      if (revealed || old.isEqualNode(row)) { at = old; } else { replaced(old, row); at = row; }
    }
    while (at ? at.nextElementSibling : list.firstElementChild) {
      (at ? at.nextElementSibling : list.firstElementChild).remove();
    }
  }

  function renew(fragment) {
    const talk = $("#talk");
    const before = talk && talk.children.length;
    for (const fresh of [...fragment.children]) {
      const old = document.getElementById(fresh.id);
      if (!old || old.closest("[data-revealed]") && !("rows" in old.dataset)) { continue; }
      if ("rows" in old.dataset) { renewRows(old, fresh); } else if (!old.isEqualNode(fresh)) { replaced(old, fresh); }
    }
    if (talk) { keepPlace(talk, before); }
    showCount();
  }

  if (window.htmx) {
    window.htmx.defineExtension("keep", {
      isInlineSwap: () => false,
      handleSwap: (style, target, fragment) => { if (style !== "keep") { return false; } renew(fragment); return []; },
    });
  }

  const title = document.title.replace(/^\(\d+\) /, "");
  function showCount() {
    const tabs = $("#tabs");
    if (tabs) { document.title = (Number(tabs.dataset.waiting) ? "(" + tabs.dataset.waiting + ") " : "") + title; }
  }

  // -- The talk: stay at its end while reading there, never jump while reading above ----------------------------

  const atEnd = (talk) => talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  let reading = false; // above the end
  const toEnd = (talk) => { talk.scrollTop = talk.scrollHeight; reading = false; $("#new-below").hidden = true; };
  function keepPlace(talk, before) {
    if (!reading) { toEnd(talk); } else if (talk.children.length > before) { $("#new-below").hidden = false; }
  }
  const talk = $("#talk");
  if (talk) {
    toEnd(talk);
    talk.addEventListener("load", () => { if (!reading) { toEnd(talk); } }, true); // a picture came and pushed
    $("#new-below").addEventListener("click", () => { toEnd(talk); talk.focus(); });
    talk.addEventListener("scroll", () => {
      reading = !atEnd(talk);
      if (!reading) { $("#new-below").hidden = true; }
    }, { passive: true });
  }

  // -- Drafts: kept in this tab until they were sent, gone when one signs out -----------------------------------

  const number = $("#case") && $("#case").dataset.case;
  const done = document.body.dataset.done;
  $$("form[data-draft]").forEach((form) => {
    const key = "draft:" + number + ":" + form.dataset.draft;
    const box = $("textarea", form);
    if (done === form.dataset.draft) { sessionStorage.removeItem(key); }
    if (!box.value && sessionStorage.getItem(key)) {
      box.value = sessionStorage.getItem(key);
      const folded = form.closest("details");
      if (folded) { folded.open = true; }
    }
    box.addEventListener("input", () => sessionStorage.setItem(key, box.value));
  });
  if (done) {
    const clean = new URL(location.href);
    clean.searchParams.delete("done");
    history.replaceState(null, "", clean);
  }
  const signOut = $("#sign-out");
  if (signOut) { signOut.addEventListener("submit", () => sessionStorage.clear()); }

  // -- Forms: one click, one request; a page from the browser's memory can be used again ------------------------

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") { return; }
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "1";
    // After the submission has taken its values, the pressed button's among them.
    setTimeout(() => $$("button", event.target).forEach((button) => { button.disabled = true; }));
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) { return; }
    $$("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      $$("button", form).forEach((button) => { button.disabled = false; });
    });
  });

  $$("input[data-filters]").forEach((input) => {
    const choices = $$("label", document.getElementById(input.dataset.filters));
    input.addEventListener("input", () => {
      const words = input.value.trim().toLowerCase();
      choices.forEach((choice) => { choice.hidden = !choice.textContent.toLowerCase().includes(words); });
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); } });
  });

  // The form for a message that was misunderstood opens beside the talk, which renews itself.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a.misread");
    if (!link || !window.htmx || event.ctrlKey || event.metaKey) { return; }
    event.preventDefault();
    await window.htmx.ajax("GET", link.href, "#misread");
    focusOn("#meant");
  });

  // -- Keys -----------------------------------------------------------------------------------------------------

  const keys = $("#keys");
  const opener = $("#open-keys");
  if (opener) { opener.addEventListener("click", () => keys.showModal()); }

  function move(step) {
    const links = $$(".row-link");
    const row = document.activeElement.closest(".row");
    const now = row ? links.indexOf($(".row-link", row)) : step > 0 ? -1 : links.length;
    const next = links[Math.min(Math.max(now + step, 0), links.length - 1)];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }
  function claim() {
    const row = document.activeElement.closest(".row");
    const button = $(".claim button", row || $("#case-head") || document.createElement("p"));
    if (button) { button.click(); }
  }
  function focusOn(selector) {
    const field = $(selector);
    if (field) { field.focus(); field.scrollIntoView({ block: "nearest" }); }
  }
  const actions = {
    j: () => move(1), k: () => move(-1), c: claim, r: () => focusOn("#reply"), "/": () => focusOn("#words"),
    "?": () => keys && keys.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select");
    if (field && field.matches("textarea") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      field.form.requestSubmit();
    } else if (!field && !event.ctrlKey && !event.metaKey && !event.altKey && !(keys && keys.open) && actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    } else if (field && event.key === "Escape") {
      field.blur();
    }
  });
})();
