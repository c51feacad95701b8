// A file that goes along with a reply: shown before it is sent, taken from the clipboard or dropped, refused at once
// where it could not be sent anyway. Without scripts the file button does; what is refused is refused there too.
(function () {
  "use strict";
  const part = document.querySelector(".attach");
  if (!part) { return; }
  const form = part.closest("form");
  const [input, chosen, preview, called, wrong] =
    ["input[type=file]", ".chosen", "canvas", ".called", "#wrong-file"].map((selector) => part.querySelector(selector));
  const words = form.querySelector("textarea");
  const send = form.querySelector("button.main");
  const types = JSON.parse(part.dataset.types);
  const label = send.textContent;

  function size(bytes) {
    if (bytes < 1e6) { return Math.ceil(bytes / 1000) + " KB"; }
    return (Math.ceil(bytes / 1e5) / 10).toLocaleString(part.dataset.language) + " MB";
  }

  // What the browser thinks of the type; where it does not know, the server looks.
  function problem(file) {
    if (!file.size) { return part.dataset.empty; }
    const most = file.type ? types[file.type] : Math.max(...Object.values(types));
    if (!most) { return part.dataset.kind; }
    return file.size > most ? part.dataset.large.replace("{size}", size(file.size)).replace("{most}", size(most)) : "";
  }

  async function draw(file) {
    preview.hidden = true;
    if (!file.type.startsWith("image/")) { return; }
    const picture = await createImageBitmap(file).catch(() => null); // no address is made of it: pages allow none
    if (!picture || input.files[0] !== file) { return; }
    const scale = Math.min(preview.width / picture.width, preview.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    const ground = preview.getContext("2d");
    ground.clearRect(0, 0, preview.width, preview.height);
    ground.drawImage(picture, (preview.width - width) / 2, (preview.height - height) / 2, width, height);
    picture.close();
    preview.hidden = false;
  }

  function changed() {
    const file = input.files[0];
    const why = file ? problem(file) : "";
    wrong.textContent = why;
    wrong.hidden = !why;
    if (why) { input.value = ""; }
    const taken = input.files[0];
    chosen.hidden = !taken;
    called.textContent = taken ? taken.name + " (" + size(taken.size) + ")" : "";
    words.required = !taken;
    if (taken) { draw(taken); }
  }

  function take(file) {
    const given = new DataTransfer();
    given.items.add(file);
    input.files = given.files;
    changed();
  }

  input.addEventListener("change", changed);
  chosen.querySelector("button").addEventListener("click", () => { input.value = ""; changed(); input.focus(); });
  form.addEventListener("paste", (event) => {
    const { files, types: kinds } = event.clipboardData;
    if (files.length && !kinds.includes("text/plain")) { event.preventDefault(); take(files[0]); }
  });
  const carries = (event) => event.dataTransfer && event.dataTransfer.types.includes("Files");
  form.addEventListener("dragover", (event) => {
    if (carries(event)) { event.preventDefault(); form.classList.add("over"); }
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) { form.classList.remove("over"); }
  });
  form.addEventListener("drop", (event) => {
    form.classList.remove("over");
    if (carries(event)) { event.preventDefault(); take(event.dataTransfer.files[0]); }
  });

  form.addEventListener("submit", () => { if (input.files.length) { send.textContent = part.dataset.sending; } });
  addEventListener("pageshow", (event) => { if (event.persisted) { send.textContent = label; } });
  if (input.files.length) { changed(); } else { words.required = true; } // what the server said stays
})();
