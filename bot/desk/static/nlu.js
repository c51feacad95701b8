// Reviewing what was not understood: marking entities by tapping, and keys. Without it the same forms work by typing.
(function () {
  "use strict";
  const $ = (selector, within) => (within || document).querySelector(selector);
  const $$ = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const MARK = /\[([^[\]]+)\]\(([^()]*)\)/g;
  const EDGES = /^[.,!?;:"'()]+|[.,!?;:"'()]+$/g;

  // -- A marked text as its words and the runs of letters that are marked ---------------------------------------

  function read(written) {
    const spans = [];
    let plain = "", at = 0;
    for (const mark of written.matchAll(MARK)) {
      plain += written.slice(at, mark.index);
      spans.push({ start: plain.length, end: plain.length + mark[1].length, entity: mark[2] });
      plain += mark[1];
      at = mark.index + mark[0].length;
    }
    return { plain: plain + written.slice(at), spans };
  }
  function write({ plain, spans }) {
    let written = "", at = 0;
    for (const span of [...spans].sort((a, b) => a.start - b.start)) {
      written += plain.slice(at, span.start) + "[" + plain.slice(span.start, span.end) + "](" + span.entity + ")";
      at = span.end;
    }
    return written + plain.slice(at);
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text || "";
    return made;
  }

  // Words that can be tapped, in their marks.
  function draw(box, marked) {
    box.textContent = "";
    const cut = (from, to, into) => {
      for (const part of marked.plain.slice(from, to).matchAll(/\s+|\S+/g)) {
        if (/^\s/.test(part[0])) { into.append(part[0]); continue; }
        const word = element("span", "w", part[0]);
        word.dataset.from = from + part.index;
        word.dataset.to = from + part.index + part[0].length;
        into.append(word);
      }
    };
    let at = 0;
    for (const span of [...marked.spans].sort((a, b) => a.start - b.start)) {
      cut(at, span.start, box);
      const mark = element("mark", span.entity);
      mark.title = box.dataset.remove;
      mark.dataset.from = span.start;
      cut(span.start, span.end, mark);
      box.append(mark);
      at = span.end;
    }
    cut(at, marked.plain.length, box);
  }

  function enhance(card) {
    const box = $(".marking", card);
    const field = box && document.getElementById(box.dataset.marking);
    if (!field || card.dataset.enhanced) { return; }
    card.dataset.enhanced = "1";
    const update = (marked) => { field.value = write(marked); draw(box, marked); };
    if (!field.getAttribute("aria-invalid")) { draw(box, read(field.value)); }
    field.addEventListener("input", () => draw(box, read(field.value)));
    box.addEventListener("click", (event) => {
      if (!getSelection().isCollapsed) { return; } // words were drawn over, not tapped
      const mark = event.target.closest("mark");
      if (mark) {
        const marked = read(field.value);
        marked.spans = marked.spans.filter((span) => span.start !== Number(mark.dataset.from));
        update(marked);
        return;
      }
      tap($$(".w", box), event.target.closest(".w"));
    });
    $$(".chip", card).forEach((chip) => chip.addEventListener("mousedown", (event) => event.preventDefault()));
    $$(".chip", card).forEach((chip) => chip.addEventListener("click", () => {
      const words = selected(box);
      if (!words.length) { return; }
      const marked = read(field.value);
      const span = trimmed(marked.plain, Number(words[0].dataset.from), Number(words.at(-1).dataset.to));
      marked.spans = marked.spans.filter((other) => other.end <= span.start || span.end <= other.start);
      marked.spans.push({ ...span, entity: chip.dataset.entity });
      getSelection().removeAllRanges();
      update(marked);
    }));
  }

  // A tap picks a word, the next one all between; a tap on a picked word picks none.
  function tap(words, word) {
    if (!word) { return; }
    const picked = words.map((other, at) => (other.classList.contains("picked") ? at : -1)).filter((at) => at >= 0);
    const again = word.classList.contains("picked");
    words.forEach((other) => other.classList.remove("picked"));
    if (again) { return; }
    const at = words.indexOf(word);
    const from = Math.min(at, ...picked), to = Math.max(at, ...picked);
    words.slice(from, to + 1).forEach((other) => other.classList.add("picked"));
  }

  // The words that were drawn over, else those that were tapped.
  function selected(box) {
    const selection = getSelection();
    if (!selection.isCollapsed && box.contains(selection.anchorNode) && box.contains(selection.focusNode)) {
      const drawn = selection.getRangeAt(0);
      return $$(".w", box).filter((word) => {
        const own = document.createRange();
        own.selectNodeContents(word);
        return drawn.compareBoundaryPoints(Range.START_TO_END, own) > 0 && drawn.compareBoundaryPoints(Range.END_TO_START, own) < 0;
      });
    }
    return $$(".w.picked", box);
  }

  // Signs at the ends of a run are no part of a name.
  function trimmed(plain, start, end) {
    const run = plain.slice(start, end);
    const left = run.length - run.replace(/^[.,!?;:"'()]+/, "").length;
    const right = run.length - run.replace(/[.,!?;:"'()]+$/, "").length;
    return run.replace(EDGES, "") ? { start: start + left, end: end - right } : { start, end };
  }

  // -- Cards and keys -------------------------------------------------------------------------------------------

  const open = () => $$(".group.open");
  let current = null;
  function go(card) {
    if (current) { current.classList.remove("current"); }
    current = card || null;
    if (!card) { const again = $("#nlu-again"); if (again) { again.focus(); } return; }
    card.classList.add("current");
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }
  function move(step) {
    const cards = open();
    const at = cards.indexOf(current);
    go(at < 0 ? cards[step > 0 ? 0 : cards.length - 1] : cards[Math.min(Math.max(at + step, 0), cards.length - 1)]);
  }
  function press(selector) {
    const button = current && current.isConnected && $(selector, current);
    if (button) { button.click(); }
  }
  let last = null; // the card that was done last, for undo
  const keys = {
    j: () => move(1), k: () => move(-1), u: () => press(".useless"),
    z: () => { const button = last && last.isConnected && $(".undo", last) || $(".undo-banner button"); if (button) { button.click(); } },
  };
  ["1", "2", "3", "4"].forEach((key, at) => {
    keys[key] = () => { const button = current && $$(".one-tap", current)[at]; if (button) { button.click(); } };
  });
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey;
    if (!busy && keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".group.open");
    if (card && card !== current) { if (current) { current.classList.remove("current"); } current = card; card.classList.add("current"); }
  });

  if (window.htmx) {
    // A refused form comes back as the card with what to do now.
    document.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      const form = event.detail.elt.closest("form");
      if (!form || !form.isConnected) { return; }
      delete form.dataset.sent; // nothing came back: it can be tried again
      $$("button", form).forEach((button) => { button.disabled = false; });
    });
    window.htmx.onLoad((loaded) => {
      if (!loaded.matches || !loaded.matches(".group")) { return; }
      if (loaded.matches(".open")) { enhance(loaded); go(loaded); return; }
      last = loaded;
      let next = loaded;
      while (next && !next.matches(".group.open")) { next = next.nextElementSibling; }
      go(next || open()[0]);
    });
  }
  $$(".group.open").forEach(enhance);
})();
